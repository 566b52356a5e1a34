import type { Cause, Outcome } from '../model/cause.ts';
import type { Protocol } from '../model/cluster.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { NetworkProfile } from '../model/profile.ts';
import type { Request } from './layer7.ts';
import type { EndpointQuery } from './peer.ts';
import type { Direction, Rule } from './rule.ts';

/** May this connection be opened (and, with `request`, may this request be made on it)? */
export interface NetworkQuestion {
  readonly source: EndpointQuery;
  readonly destination: EndpointQuery;
  readonly protocol: Protocol;
  /** Destination port after translation to the backend; the message type for ICMP. */
  readonly port: number;
  readonly request?: Request;
  /** The source's address may have been translated on the way (SNAT): rules that look at it are unknown. */
  readonly sourceHidden?: boolean;
}

/** What decided at one end. */
export interface Decider {
  readonly policy: ObjectRef;
  /** Path of the rule, or of the body that isolates. */
  readonly path: string;
  readonly action: 'allow' | 'deny' | 'pass' | 'default-deny';
}

/** The answer of one end. */
export interface SideVerdict {
  readonly direction: Direction;
  readonly outcome: Outcome;
  /** Rules that decided; for a default deny the bodies that isolate; empty when no policy has a say. */
  readonly deciders: readonly Decider[];
  /** A sentence for a person. For a denial it says what would be needed. */
  readonly reason: string;
  /** Why it is unknown; empty otherwise. */
  readonly causes: readonly Cause[];
  /** The connection is allowed, but requests on it are judged one by one, and no request was given. */
  readonly requestsJudged: boolean;
}

/** Both ends together: allowed when both allow, denied when one denies for sure. */
export interface NetworkVerdict {
  readonly outcome: Outcome;
  readonly egress: SideVerdict;
  readonly ingress: SideVerdict;
  readonly reason: string;
  readonly causes: readonly Cause[];
  readonly profile: NetworkProfile;
}

/**
 * What one end says to a range of ports. The segments of a pair cover every protocol and port exactly once, ordered by
 * protocol, then port.
 */
export interface Segment {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
  readonly outcome: Outcome;
  /** Rules that decided, in a stable order; empty for a default. */
  readonly rules: readonly Rule[];
  /** Allowed only as far as the layer 7 part of one of `rules` describes the request. */
  readonly conditional: boolean;
  readonly causes: readonly Cause[];
}
