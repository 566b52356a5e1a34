import type { LossReason, ObservationPoint, PeerClass, Protocol, Verdict } from '@kestrel/proto/events';

// Names of the numbers in kestrel.events.v1 records. Records are plain objects and this package imports nothing of the contracts
// at run time, so the numbers stand here again; the types make the compiler compare every one of them with the contract.

type NamesOf<Numbers extends Readonly<Record<string, number>>> = {
  readonly [Name in keyof Numbers & string as Numbers[Name]]: Lowercase<Name>;
};

export const VERDICT_NAMES = {
  0: 'unspecified',
  1: 'forwarded',
  2: 'denied',
  3: 'dropped',
  4: 'audited',
  5: 'failed',
} as const satisfies NamesOf<typeof Verdict>;

export const PROTOCOL_NAMES = {
  0: 'unspecified',
  1: 'tcp',
  2: 'udp',
  3: 'sctp',
  4: 'icmp',
  5: 'icmpv6',
} as const satisfies NamesOf<typeof Protocol>;

export const PEER_CLASS_NAMES = {
  0: 'unspecified',
  1: 'pod',
  2: 'host',
  3: 'remote_node',
  4: 'kube_apiserver',
  5: 'world',
  6: 'ingress',
  7: 'unmanaged',
} as const satisfies NamesOf<typeof PeerClass>;

export const OBSERVATION_POINT_NAMES = {
  0: 'unspecified',
  1: 'source',
  2: 'destination',
} as const satisfies NamesOf<typeof ObservationPoint>;

export const LOSS_REASON_NAMES = {
  0: 'unspecified',
  1: 'not_normalized',
  2: 'undecodable',
  3: 'oversize',
  4: 'queue_full',
  5: 'source_overrun',
  6: 'retention',
  7: 'writer_died',
  8: 'tombstones_expired',
  9: 'store_lost',
  10: 'source_unreachable',
} as const satisfies NamesOf<typeof LossReason>;

/** Why something of the traffic is missing, as in kestrel.events.v1.LossReason. */
export type LossReasonName = (typeof LOSS_REASON_NAMES)[LossReason];

/** What kind of thing an endpoint is, as in kestrel.events.v1.PeerClass. */
export type PeerClassName = (typeof PEER_CLASS_NAMES)[PeerClass];
