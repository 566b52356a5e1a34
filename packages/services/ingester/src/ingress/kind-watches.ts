import type { KubeClient, ResourceType } from '@kestrel/kube';
import { createReflectorMetrics, watchServedResources } from '@kestrel/kube';
import { type Clock, type Health, type Logger, type Metrics, Semaphore } from '@kestrel/runtime';
import type { Mirror } from '../core/mirror/mirror.ts';
import type { Kind } from '../kinds/kind.ts';
import { KindWatch, type WatchContext } from './kind-watch.ts';
import { TierGate } from './tier-gate.ts';
import { watchReadiness } from './watch-readiness.ts';

/** First and later full syncs that may run at once. */
const SYNCS_MAX = 2;
/** How often readiness and patience are looked at. */
const LOOK_INTERVAL_MS = 500;

export interface KindWatchesOptions {
  readonly client: KubeClient;
  readonly mirror: Mirror;
  readonly kinds: readonly Kind[];
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly shrinkConfirmAfterMs: number;
  /** A first sync that fails for this long, while other kinds are synced, no longer holds up the rest. */
  readonly firstSyncPatienceMs: number;
  /** Time between two looks at what is served. */
  readonly discoveryIntervalMs: number;
  /** Longest time between two full syncs of a kind. */
  readonly fullSyncIntervalMs: number;
  readonly onFailure: (error: unknown) => void;
}

/** Follows every kind that the API server serves, as kinds come and go. Disposing stops all of it. */
export class KindWatches implements AsyncDisposable {
  readonly #o: KindWatchesOptions;
  readonly #gate: TierGate;
  readonly #context: WatchContext;
  readonly #watches = new Map<Kind, KindWatch>();
  readonly #stopping = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #discovery: Promise<void>;

  constructor(o: KindWatchesOptions) {
    this.#o = o;
    this.#gate = new TierGate(o.mirror);
    this.#context = {
      ...o,
      metrics: createReflectorMetrics(o.metrics),
      syncGate: new Semaphore({ permits: SYNCS_MAX, waitersMax: o.kinds.length }),
      tierOpen: (kind, signal) => this.#gate.open(kind, signal),
    };
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS);
    this.#discovery = watchServedResources(o.client, o.kinds, (served) => this.#follow(served), {
      signal: this.#stopping.signal,
      log: o.log,
      intervalMs: o.discoveryIntervalMs,
    }).catch(o.onFailure);
    this.#look();
  }

  watch(kind: Kind): KindWatch | undefined {
    return this.#watches.get(kind);
  }

  /** Has a kind listed again; nothing happens for one that is not served. */
  requestSync(kind: Kind, reason: string, o: { confirm: boolean }): void {
    this.#watches.get(kind)?.requestSync(reason, o);
  }

  async #follow(served: readonly ResourceType[]): Promise<void> {
    for (const kind of this.#o.kinds) {
      const resource = served.find((one) => one.group === kind.group && one.kind === kind.kind);
      if (resource !== undefined && resource.namespaced !== kind.namespaced) {
        // Only a kind of EXTRA_KINDS_FILE can be wrong about it; its subjects would be.
        this.#o.mirror.unavailable(kind, `namespaced is ${resource.namespaced} at the API server`);
        continue;
      }
      const watch = this.#watches.get(kind);
      if (resource !== undefined && watch?.resource.version === resource.version) continue;
      if (watch !== undefined) {
        this.#watches.delete(kind);
        await watch[Symbol.asyncDispose]();
      }
      if (this.#stopping.signal.aborted) return;
      if (resource !== undefined) this.#watches.set(kind, new KindWatch(this.#context, kind, resource));
      else if (kind.origin === 'crd') await this.#o.mirror.notServed(kind);
      else this.#o.mirror.unavailable(kind, 'not_served');
    }
  }

  #look(): void {
    for (const state of this.#o.mirror.kinds) {
      const watch = this.#watches.get(state.kind);
      if (watch !== undefined && !state.isSettled && this.#isOutOfPatience(watch)) {
        const reason = watch.state.problem?.code ?? 'no answer';
        this.#o.log.warn({ kind: state.kind.id, reason }, 'first sync fails for too long: the others go on without it');
        this.#o.mirror.unavailable(state.kind, reason);
      }
      watchReadiness(this.#o.health.component(`watch ${state.kind.id}`), state, watch?.state);
    }
  }

  #isOutOfPatience(watch: KindWatch): boolean {
    const sinceMs = watch.firstSyncSinceMs;
    if (sinceMs === undefined || watch.state.problem === undefined) return false;
    if (this.#o.clock.monotonicMs() - sinceMs < this.#o.firstSyncPatienceMs) return false;
    return [...this.#o.mirror.kinds].some((state) => state.phase === 'synced');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#discovery;
    await Promise.all([...this.#watches.values()].map((watch) => watch[Symbol.asyncDispose]()));
    this.#gate[Symbol.dispose]();
  }
}
