import type { Protocol } from '../model/cluster.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Problem } from '../model/problem.ts';
import type { Profile } from '../model/profile.ts';
import type { Direction } from '../network/rule.ts';
import type { Manifest } from './manifest.ts';

/** What is recommended: NetworkPolicy, CiliumNetworkPolicy or AuthorizationPolicy objects. */
export type RecommendationKind = 'networkpolicy' | 'cilium' | 'authorization';

/**
 * - `minimal`: only for workloads and directions with traffic that no policy isolates yet
 * - `namespace`: for every workload of the namespaces, and a policy that denies the rest
 * - `tighten-existing`: the same policies with less in them, where they allow more than was seen
 */
export type RecommendationMode = 'minimal' | 'namespace' | 'tighten-existing';

/** What came out, under which assumptions, and everything a person should know before applying it. */
export interface Recommendation {
  readonly kind: RecommendationKind;
  readonly mode: RecommendationMode;
  /** Under which it was made and checked. */
  readonly profile: Profile;
  readonly at: Date;
  readonly observation: Observation;
  /** To be applied together; sorted by namespace and name. */
  readonly manifests: readonly Manifest[];
  /** Existing policies of which a manifest is the new text. */
  readonly replaces: readonly ObjectRef[];
  /** One for each workload and direction that was looked at, sorted. */
  readonly subjects: readonly Subject[];
  /** Where more is allowed than was seen, and how much more. The permitted set is exactly this closure and `keptAllowances`. */
  readonly generalisations: readonly Generalisation[];
  /** What policies that stay allow the selected workloads besides. */
  readonly keptAllowances: readonly KeptAllowance[];
  readonly conflicts: readonly Conflict[];
  /** What the kind can't say. It is not approximated. */
  readonly inexpressible: readonly Inexpressible[];
  readonly guarantees: Guarantees;
  readonly problems: readonly Problem[];
}

/** From when to when traffic was seen; undefined without any. */
export interface Span {
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

/** How far the traffic can stand for all traffic. */
export interface Observation extends Span {
  readonly minObservationMs: number;
  /** Seen for less than `minObservationMs`. */
  readonly short: boolean;
  readonly connections: number;
  /** Connections of which something is known to be lost, that were sampled, or that were seen at the source only. */
  readonly incomplete: number;
}

/** What became of one direction of a workload. */
export interface Subject extends Span {
  readonly workload: ObjectRef;
  readonly direction: Direction;
  /**
   * - `selected`: a manifest isolates it and allows what was seen
   * - `default-deny`: nothing was seen; the namespace's default deny isolates it
   * - `isolated`: existing policies isolate it already; they are left as they are
   * - `tightened`: a manifest replaces a policy that selects it
   * - `unobserved`: nothing was seen, so nothing is recommended
   * - `withheld`: a recommendation would break a guarantee; `reasons` say which and why
   */
  readonly state: 'selected' | 'default-deny' | 'isolated' | 'tightened' | 'unobserved' | 'withheld';
  /** Manifests that are about it. */
  readonly policies: readonly ObjectRef[];
  /** Different connections that were let through. */
  readonly connections: number;
  /** How many of them have incomplete evidence. */
  readonly incomplete: number;
  /** Seen for less than the minimum: what it does rarely may be missing. */
  readonly short: boolean;
  readonly reasons: readonly string[];
}

/** What kind of widening a {@link Generalisation} is. */
export type GeneralisationKind =
  /** All pods with the labels instead of the pods that were seen. */
  | 'pod-selector'
  /** The labels also select pods of other workloads. */
  | 'shared-labels'
  /** All pods of the namespace, since the workload has no labels of its own. */
  | 'namespace'
  /** A block instead of the addresses that were seen; only when asked for. */
  | 'block'
  /** Whatever address DNS answers for the name. */
  | 'name'
  /** All that the data plane calls by that name, instead of one address of it. */
  | 'entity'
  /** DNS over UDP and TCP where one was seen. */
  | 'dns-transport'
  /** DNS that was not seen, but without which names can't be told. */
  | 'dns-for-names'
  /** Any value in a variable segment of a path. */
  | 'path-template'
  /** Any query behind a path: records have none. */
  | 'query'
  /** Any request on the connection: of this connection requests are not known well enough. */
  | 'any-request'
  /** Every workload that uses the service account. */
  | 'service-account';

/** More than what was seen. */
export interface Generalisation {
  readonly kind: GeneralisationKind;
  /** What was seen. */
  readonly observed: string;
  /** What is allowed instead. */
  readonly allowed: string;
  /** Workloads that it brings in besides those that were seen. */
  readonly alsoReaches: readonly ObjectRef[];
}

/** A rule of a policy that stays, and whom of the newly selected it allows something. */
export interface KeptAllowance {
  readonly policy: ObjectRef;
  readonly path: string;
  readonly direction: Direction;
  readonly workloads: readonly ObjectRef[];
}

/** One observed connection, as results name it. */
export interface ConnectionText {
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly request?: string;
}

/** Evidence that contradicts itself, the policies, or a recommendation. */
export interface Conflict {
  readonly kind: /** Denied, and let through later: it is allowed. */
    | 'denied-then-allowed'
    /** Let through, but a policy in audit mode would have denied it: it is allowed. */
    | 'audited'
    /** Let through, but the policies as they stand deny it. */
    | 'allowed-but-denied-by-policy'
    /** Denied, but a policy that stays allows it. */
    | 'denied-but-allowed-by-policy'
    /** Denied, and a needed rule would allow it: what would do so is withheld. */
    | 'denied-but-needed';
  readonly connection: ConnectionText;
  readonly deniedLast: Date | undefined;
  readonly allowedLast: Date | undefined;
  readonly explanation: string;
}

/** Something observed that the kind has no words for. */
export interface Inexpressible {
  readonly what:
    | 'name'
    | 'icmp'
    | 'cilium-identity'
    | 'address-unknown'
    | 'peer-unknown'
    | 'principal'
    | 'requests'
    | 'path'
    | 'host-network'
    | 'protocol';
  readonly explanation: string;
  /** How many connections it is about, and one of them. */
  readonly connections: number;
  readonly example: ConnectionText;
}

/** The three guarantees, as checked on the manifests by the engine. None is ever broken by what is given. */
export interface Guarantees {
  /** Connections that were allowed at last and touch something newly selected: all of them stay allowed there. */
  readonly allowedStays: Check;
  /** What the manifests let through is the closure of what was seen under the listed generalisations. */
  readonly withinObserved: Check;
  /** Connections that were denied at last stay denied. */
  readonly deniedStays: Check;
}

/** How much was checked, and what was withheld because of it. */
export interface Check {
  readonly checked: number;
  /** Workloads and directions that are withheld because of this guarantee. */
  readonly withheld: number;
  /** What could not be checked, and why (for example an end that is not known). */
  readonly unchecked: number;
}
