import type { Cluster } from '../model/cluster.ts';
import type { Profile } from '../model/profile.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import type { RecommendationKind, RecommendationMode } from './recommendation.ts';

/** Default for how long a workload should have been seen: a week has most of what happens only now and then. */
export const MIN_OBSERVATION_MS = 7 * 24 * 60 * 60 * 1000;

/** What to recommend, and on what. */
export interface RecommendInput {
  readonly cluster: Cluster;
  readonly profile: Profile;
  /** As read by readTraffic: both ends of a connection in one record. */
  readonly edges: readonly ObservedConnection[];
  readonly kind: RecommendationKind;
  readonly mode: RecommendationMode;
  /** Default {@link MIN_OBSERVATION_MS}. */
  readonly minObservationMs?: number;
  readonly now: Date;
  /** Only for workloads of these; default: all. */
  readonly namespaces?: readonly string[];
  /** Widens addresses outside of the cluster to blocks of these prefix lengths; default: every address is named. */
  readonly blocks?: { readonly 4?: number; readonly 6?: number };
}
