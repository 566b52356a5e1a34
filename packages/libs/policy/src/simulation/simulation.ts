import type { AuthorizationDecider } from '../authorization/request.ts';
import type { Cause, Outcome } from '../model/cause.ts';
import type { Protocol } from '../model/cluster.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Problem } from '../model/problem.ts';
import type { Profile } from '../model/profile.ts';
import type { Request } from '../network/layer7.ts';
import type { Decider } from '../network/verdict.ts';
import type { ConnectionChange, UnclearChange } from '../matrix/matrix-difference.ts';
import type { EdgeRef, ObservedVerdict } from '../traffic/observed-connection.ts';
import type { TrafficEvidence } from '../traffic/read-traffic.ts';

/** What a change of policies would do. Plain data. */
export interface Simulation {
  readonly profile: Profile;
  readonly change: {
    readonly added: readonly ObjectRef[];
    readonly replaced: readonly ObjectRef[];
    readonly deleted: readonly ObjectRef[];
  };
  /** Observed connections whose verdict changes, those that become denied first, then by how often they were seen. */
  readonly observed: readonly ObservedChange[];
  readonly counts: Readonly<Record<Effect, number>>;
  /** How many observed connections had to be judged anew: their subjects are touched by the change. */
  readonly judged: { readonly network: number; readonly authorization: number };
  /** All connections by network policies that change, seen or not. */
  readonly connections: {
    readonly added: readonly (ConnectionChange & Seen)[];
    readonly removed: readonly (ConnectionChange & Seen)[];
    readonly unclear: readonly (UnclearChange & Seen)[];
    /** Allowed before and after, but requests begin or cease to be judged one by one. */
    readonly requests: readonly (ConnectionChange & Seen & { readonly judged: boolean })[];
  };
  /** How far the traffic can stand for all traffic. */
  readonly evidence: TrafficEvidence;
  /** What to keep in mind when reading the rest. */
  readonly notes: readonly SimulationNote[];
  /** Of the cluster after the change: faults of its policies, and what was assumed. */
  readonly problems: readonly Problem[];
}

/** What a change does to an observed connection. */
export type Effect = 'becomes denied' | 'becomes allowed' | 'becomes unknown';

/** How many of the observed connections that change are among these; 0: none was seen. */
export interface Seen {
  readonly seen: number;
}

/** One observed connection whose verdict changes. */
export interface ObservedChange {
  readonly layer: 'network' | 'authorization';
  readonly effect: Effect;
  readonly src: string;
  readonly dst: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly request?: Request;
  /** The recorded path, where it has variable parts. */
  readonly pathTemplate?: string;
  readonly before: Outcome;
  readonly after: Outcome;
  readonly decidedBefore: readonly (Decider | AuthorizationDecider)[];
  readonly decidedAfter: readonly (Decider | AuthorizationDecider)[];
  /** Of the verdict after the change; for a denial it says what would be needed. */
  readonly reason: string;
  readonly causes: readonly Cause[];
  readonly observed: Observed;
}

/** What was seen of a connection. Times in ISO 8601. */
export interface Observed {
  readonly counts: Readonly<Partial<Record<ObservedVerdict, number>>>;
  readonly lastSeen: string | undefined;
  readonly since: string | undefined;
  /** The latest verdict that speaks for both ends. */
  readonly latest: 'allowed' | 'denied' | undefined;
  readonly complete: boolean;
  /** The records. */
  readonly evidence: readonly EdgeRef[];
}

/** Something that limits what the simulation says. */
export interface SimulationNote {
  readonly code:
    | 'established-connections'
    | 'no-traffic'
    | 'incomplete-traffic'
    | 'observed-span'
    | 'profile-unknown'
    | 'audit-mode'
    | 'cluster-changes';
  readonly message: string;
}
