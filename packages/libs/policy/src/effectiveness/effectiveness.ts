import type { AuthorizationDecider } from '../authorization/request.ts';
import type { Cause, Outcome } from '../model/cause.ts';
import type { Protocol } from '../model/cluster.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Problem } from '../model/problem.ts';
import type { Profile } from '../model/profile.ts';
import type { PortSet } from '../matrix/ports.ts';
import type { Request } from '../network/layer7.ts';
import type { Action, Direction } from '../network/rule.ts';
import type { Decider } from '../network/verdict.ts';
import type { Observed } from '../simulation/simulation.ts';
import type { TrafficEvidence } from '../traffic/read-traffic.ts';

/** How well a cluster's policies work. Plain data. */
export interface Effectiveness {
  readonly profile: Profile;
  /** How far the traffic can stand for all traffic; undefined when none was given: then findings are static only. */
  readonly evidence: TrafficEvidence | undefined;
  /** In the order of the cluster's policies; those that are invalid have no rules. */
  readonly policies: readonly PolicyEffect[];
  readonly coverage: Coverage;
  /** The most often seen first, at most 1,000. */
  readonly contradictions: readonly Contradiction[];
  /** Of these the list has the first ones. */
  readonly contradictionCount: number;
  readonly problems: readonly Problem[];
}

/** What was seen of traffic that a rule matches. */
export interface Hits {
  /** Of what was counted, let through and refused; whoever decided. */
  readonly allowed: number;
  readonly denied: number;
  /** ISO 8601. */
  readonly lastHit: string | undefined;
  /** Observed connections (or kinds of requests). */
  readonly connections: number;
}

/** One policy. */
export interface PolicyEffect {
  readonly policy: ObjectRef;
  readonly layer: 'network' | 'authorization';
  /** Ids of the workloads that it is about. */
  readonly workloads: readonly string[];
  readonly rules: readonly RuleEffect[];
  /** Traffic of its workloads in its directions that it denies by default or by a rule, or allows. */
  readonly hits: Hits | 'not observable';
  /** Traffic was given, and none of it is a hit. Undefined where hits are not observable. */
  readonly neverMatched?: boolean;
  /** No hit is certain, but a record does not show enough to say that none was (authorization policies). */
  readonly mayHaveMatched?: true;
  /** Removing the whole policy would change no connection. Undefined for authorization policies: it is not computed. */
  readonly redundant?: boolean;
  /** It is only tried out: it denies nothing. */
  readonly dryRun?: true;
}

/** One rule. */
export interface RuleEffect {
  readonly path: string;
  /** Network policies. */
  readonly direction?: Direction;
  readonly action: Action | 'ALLOW' | 'DENY' | 'CUSTOM' | 'AUDIT';
  readonly hits: Hits | 'not observable';
  readonly neverMatched?: boolean;
  readonly mayHaveMatched?: true;
  /** Removing just this rule would change no connection; `without` says why. Undefined for authorization policies. */
  readonly redundant?: boolean;
  readonly without?: Redundancy;
  /** How much more it allows than was seen. Only for allow rules with hits. */
  readonly broader?: Broader;
}

/** Why a rule has no effect. */
export interface Redundancy {
  readonly why: 'selects nobody' | 'matches no peer' | 'shadowed' | 'others say the same' | 'other end denies';
  /** Rules that decide in its place, at most 5; see `why`. */
  readonly by: readonly { readonly policy: ObjectRef; readonly path: string }[];
}

/** What a rule allows and nobody was seen to use. A part that is used in full is left out. */
export interface Broader {
  /** Workloads. `declared` counts those that the rule matches, `unused` names at most 20 of those never seen. */
  readonly peers?: { readonly declared: number; readonly observed: number; readonly unused: readonly string[] };
  /** Ports by number; `declared` is how many, over all protocols. */
  readonly ports?: { readonly declared: number; readonly observed: PortSet };
  /** By block of addresses. */
  readonly addresses?: readonly BroaderBlock[];
}

/** A block of addresses that is larger than what was seen of it. */
export interface BroaderBlock {
  readonly cidr: string;
  /** Addresses in it, exceptions not taken off: 2 to the power of this. */
  readonly sizeBits: number;
  /** Different addresses, or folded blocks of them, that were seen. */
  readonly observed: number;
  /** The smallest block that holds them all; undefined when none was seen. */
  readonly tightest: string | undefined;
}

/** How much of the cluster policies are about. */
export interface Coverage {
  /**
   * 0 to 100: 100 × Σ c(w, d) / (2 × workloads) over workloads w and directions d, where c is 0 when to some pod of w no
   * policy denies anything in d; 1/2 when policies do, but every address outside of the cluster is still allowed on every TCP
   * port; else 1. Workloads in their nodes' network do not count. 100 for a cluster without workloads.
   */
  readonly score: number;
  readonly workloads: number;
  /** Ids of workloads to a pod of which no policy denies anything. */
  readonly uncovered: Readonly<Record<Direction, readonly string[]>>;
  /** Denied by default or by rules, but open to every address outside on every TCP port. */
  readonly open: Readonly<Record<Direction, readonly string[]>>;
  readonly hostNetwork: readonly string[];
  /** Workloads to which an AuthorizationPolicy with ALLOW or DENY applies that is not a dry run. */
  readonly authorization: { readonly covered: number; readonly uncovered: readonly string[] };
  /** Observed connections with an end where policies deny something, of all; undefined without traffic. */
  readonly traffic: { readonly governed: number; readonly observed: number } | undefined;
}

/**
 * Policy and traffic disagree.
 * - `not-enforced`: denied by policy, but let through
 * - `denied-though-allowed`: allowed by policy, but refused
 * - `audited-only`: denied by policy, let through by an audit or dry-run mode that said so
 */
export type ContradictionKind = 'not-enforced' | 'denied-though-allowed' | 'audited-only';

/** One observed connection that contradicts the policies. They are those of now: traffic before a change of them may, too. */
export interface Contradiction {
  readonly kind: ContradictionKind;
  readonly layer: 'network' | 'authorization';
  readonly src: string;
  readonly dst: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly request?: Request;
  readonly declared: Outcome;
  readonly deciders: readonly (Decider | AuthorizationDecider)[];
  readonly reason: string;
  readonly causes: readonly Cause[];
  readonly observed: Observed;
}
