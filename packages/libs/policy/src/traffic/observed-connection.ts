import type { Protocol } from '../model/cluster.ts';
import type { Request } from '../network/layer7.ts';
import type { EndpointQuery } from '../network/peer.ts';
import type { LossReasonName, PeerClassName } from './contract-names.ts';

/** What a data plane did with traffic. `dropped` is for another reason than a policy and says nothing of policies. */
export type ObservedVerdict = 'forwarded' | 'denied' | 'dropped' | 'audited' | 'failed';

/** The verdicts, in the order in which results list them. */
export const OBSERVED_VERDICTS: readonly ObservedVerdict[] = ['forwarded', 'denied', 'dropped', 'audited', 'failed'];

/** The end of a connection at which something was seen. */
export type ObservationSide = 'source' | 'destination';

/** A policy that the data plane named with a verdict. `rule` is its own word for the rule; empty when it gives none. */
export interface NamedPolicy {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly rule: string;
}

/** How often one verdict was seen. */
export interface VerdictTally {
  /** Connections, flows or requests: whatever the reporter counts. Counts beyond 2^53 are approximate. */
  readonly count: number;
  /** Epoch milliseconds; undefined when the record gives none. */
  readonly lastSeenMs: number | undefined;
  /** The data plane's own reasons, for example `POLICY_DENIED`. */
  readonly reasons: readonly string[];
  readonly policies: readonly NamedPolicy[];
}

/** The record that something rests on: its place in the list of L4 or L7 edges that was read. */
export interface EdgeRef {
  readonly layer: 'l4' | 'l7';
  readonly index: number;
}

/** What is known to be missing from the counts; 0 when it can't be told how many. */
export interface ObservedLoss {
  readonly reason: LossReasonName;
  readonly count: number;
}

/**
 * One connection (L4) or kind of request (L7) that was seen, with what both ends told of it. The queries are ready for the
 * engines; those of equal endpoints are one object, so that an engine looks each up once.
 */
export interface ObservedConnection {
  readonly layer: 'l4' | 'l7';
  readonly source: EndpointQuery;
  readonly destination: EndpointQuery;
  readonly sourceClass: PeerClassName;
  readonly destinationClass: PeerClassName;
  /** The source is a node's address that may stand for somebody behind it (NodePort, load balancer, masquerading). */
  readonly sourceHidden: boolean;
  /** Principal of the source's certificate; empty: known to have none; undefined: not known. */
  readonly principal?: string;
  readonly protocol: Protocol;
  /** Destination port; the message type for ICMP. */
  readonly port: number;
  /** L7: what was asked. `http.path` is there only when the recorded path has no variable part. */
  readonly request?: Request;
  /** L7: the recorded path, with variable parts in braces or as `*`. */
  readonly pathTemplate?: string;
  /** Service through which the destination was reached, as `namespace/name`. */
  readonly service?: string;
  /** Sides at which it was seen; empty when the records don't say. */
  readonly observedAt: readonly ObservationSide[];
  /** Both sides together: what was let through is counted once, what was refused is summed, since no side sees the other's. */
  readonly verdicts: Readonly<Partial<Record<ObservedVerdict, VerdictTally>>>;
  /**
   * The latest verdict that speaks for both ends: a denial at either end, or something let through where the last policy that
   * has a say had let it through (the destination's end, or the source's when the destination is no pod).
   */
  readonly latest: { readonly verdict: 'allowed' | 'denied'; readonly atMs: number } | undefined;
  /** Epoch milliseconds. */
  readonly firstSeenMs: number | undefined;
  readonly lastSeenMs: number | undefined;
  /** Since when all of its reporters have counted. */
  readonly observedSinceMs: number | undefined;
  /** No reporter knows of a loss, and none samples. */
  readonly complete: boolean;
  readonly sampled: boolean;
  readonly losses: readonly ObservedLoss[];
  readonly evidence: readonly EdgeRef[];
}
