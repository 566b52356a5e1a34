import type { Cluster } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { PolicyKind } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import type { EndpointQuery } from '../network/peer.ts';
import type { Direction } from '../network/rule.ts';
import type { Manifest } from './manifest.ts';
import type { PeerAndPort } from './merge-rules.ts';
import type { Generalisation, Inexpressible, RecommendationKind } from './recommendation.ts';
import type { DraftPolicy, PeerScope, PortScope } from './scope.ts';
import { labelsKey } from './scope.ts';
import { carries } from './selector-choice.ts';
import type { Sighting } from './sighting.ts';
import { sharedStableLabels } from './stable-labels.ts';
import type { TrafficEnd } from './traffic-end.ts';
import type { WorkloadCatalogue } from './workload-catalogue.ts';

/** What expressing needs to know. */
export interface ExpressionContext {
  readonly cluster: Cluster;
  readonly catalogue: WorkloadCatalogue;
  readonly profile: Profile;
  /** Prefix lengths to which addresses of the world are widened; absent: each address is named. */
  readonly blocks: { readonly 4?: number; readonly 6?: number };
  /** What {@link podsPeer} found, by end: the same for all of its traffic. */
  readonly podsPeers: Map<TrafficEnd, PodsPeer | undefined>;
  /** Whether an end is pods that are there, so that their ports' names are known. */
  readonly isThere: (query: EndpointQuery) => boolean;
}

/** How a kind says what was seen. */
export type Expressed =
  | {
      readonly kind: 'allow';
      readonly peers: readonly PeerScope[];
      readonly port: PortScope;
      readonly widened: readonly Generalisation[];
      /** What it leaves out although the rest can be said. */
      readonly unsaid: readonly Unsaid[];
    }
  /** The data plane lets it through without a rule. */
  | { readonly kind: 'implicit' }
  /** `blocking`: without it the direction can't be isolated. */
  | { readonly kind: 'impossible'; readonly unsaid: Unsaid; readonly blocking: boolean };

/** Something that the kind has no words for. */
export type Unsaid = Pick<Inexpressible, 'what' | 'explanation'>;

/** One kind of policies: how it says what was seen, and how its objects are written. */
export interface PolicyForm {
  readonly kind: RecommendationKind;
  readonly objectKind: PolicyKind;
  readonly directions: readonly Direction[];
  readonly express: (sighting: Sighting, direction: Direction, context: ExpressionContext) => Expressed;
  /** Equal for what may stand in one rule. */
  readonly apart: (at: PeerAndPort) => string;
  readonly write: (draft: DraftPolicy) => Manifest;
}

/** An `impossible` that keeps the direction from being isolated. */
export function impossible(what: Unsaid['what'], explanation: string): Expressed {
  return { kind: 'impossible', unsaid: { what, explanation }, blocking: true };
}

/** Pods by labels, with what the labels widen. */
export interface PodsPeer {
  readonly peer: Extract<PeerScope, { kind: 'pods' }>;
  readonly widened: readonly Generalisation[];
}

type PodsEnd = Extract<TrafficEnd, { kind: 'pods' }>;

/** Pods of a workload by labels; undefined for one that is gone and of which no labels are known. */
export function podsPeer(end: PodsEnd, { catalogue, podsPeers }: ExpressionContext): PodsPeer | undefined {
  if (podsPeers.has(end)) return podsPeers.get(end);
  const peer = findPodsPeer(end, catalogue);
  podsPeers.set(end, peer);
  return peer;
}

function findPodsPeer(end: PodsEnd, catalogue: WorkloadCatalogue): PodsPeer | undefined {
  const { workload, query } = end;
  const { namespace } = workload.ref;
  const selector = catalogue.selectorOf(workload);
  const recorded = query.labels ?? new Map<string, string>();
  const gone = workload.pods.length === 0;
  if (gone && recorded.size === 0) return undefined;
  if (recorded.size > 0 && !carries(recorded, selector.labels)) {
    const labels = sharedStableLabels([recorded]);
    if (labels.size === 0 && gone) return undefined;
    const reached = catalogue.reached(namespace, labels).map(({ key, ref }) => ({ key, ref }));
    return scoped(
      end,
      labels,
      reached.filter(({ key }) => key !== workload.key).map(({ ref }) => ref),
    );
  }
  const also = catalogue.reached(namespace, selector.labels).filter(({ key }) => selector.alsoSelects.includes(key));
  return scoped(
    end,
    selector.labels,
    also.map(({ ref }) => ref),
  );
}

function scoped(
  { workload }: PodsEnd,
  labels: ReadonlyMap<string, string>,
  alsoReaches: readonly ObjectRef[],
): PodsPeer {
  const { namespace } = workload.ref;
  const kind = labels.size === 0 ? 'namespace' : alsoReaches.length > 0 ? 'shared-labels' : 'pod-selector';
  const allowed =
    labels.size === 0
      ? `all pods of namespace ${namespace}`
      : `pods with ${labelsKey(labels)} in namespace ${namespace}`;
  return {
    peer: { kind: 'pods', namespace, labels },
    widened: [{ kind, observed: `pods of ${refText(workload.ref)}`, allowed, alsoReaches }],
  };
}
