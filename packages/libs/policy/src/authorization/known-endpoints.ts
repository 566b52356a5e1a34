import type { AuthorizationProfile } from '../model/profile.ts';
import type { ClusterIndex } from './cluster-index.ts';
import { knownDestinations } from './destination.ts';
import type { KnownDestination } from './destination.ts';
import { EndpointKeys } from './endpoint-keys.ts';
import { RecentCache } from '../cache/recent-cache.ts';
import type { AuthorizationDestination, AuthorizationSource } from './request.ts';
import { knownSource } from './source.ts';
import type { KnownSource } from './source.ts';

/** So many sources are remembered. */
const sourcesMax = 50_000;
/** So many destinations are remembered. */
const destinationsMax = 50_000;

/** What the state tells of the ends of questions, whatever the policies; each is looked up once while it is asked for often. */
export class KnownEndpoints {
  readonly index: ClusterIndex;
  readonly profile: AuthorizationProfile;
  readonly keys = new EndpointKeys();
  /** Who asks again with the same object need not wait for its key. */
  readonly #asked = new WeakMap<AuthorizationSource, KnownSource>();
  readonly #sources = new RecentCache<string, KnownSource>(sourcesMax);
  readonly #destinations = new RecentCache<string, readonly KnownDestination[]>(destinationsMax);

  constructor(index: ClusterIndex, profile: AuthorizationProfile) {
    this.index = index;
    this.profile = profile;
  }

  source(source: AuthorizationSource): KnownSource {
    let known = this.#asked.get(source);
    if (known === undefined) {
      known = this.#sources.get(this.keys.source(source), () => knownSource(source, this.index, this.profile));
      this.#asked.set(source, known);
    }
    return known;
  }

  /** One entry for each kind of pod that the destination may be. `key` is its key of {@link keys}. */
  destinations(key: string, destination: AuthorizationDestination): readonly KnownDestination[] {
    return this.#destinations.get(key, () => knownDestinations(destination, this.index, this.profile));
  }
}
