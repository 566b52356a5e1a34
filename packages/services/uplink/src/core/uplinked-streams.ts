import type { Account, StreamName } from '@kestrel/bus';
import { TrafficClass } from '@kestrel/proto/cloud';

/**
 * How a stream's sequences are to be read.
 * - `log`: every sequence counts; a hole is loss and becomes a Gap.
 * - `latest`: compacted; a hole is a state that was replaced. None of this kind is carried today: KESTREL_EDGES stays here.
 * - `inventory`: compacted, and what is gone is told by tombstones that expire: begun, and repaired, by snapshots.
 */
export type StreamKind = 'log' | 'latest' | 'inventory';

export interface UplinkedStream {
  readonly name: StreamName;
  readonly account: Account;
  readonly trafficClass: TrafficClass;
  readonly kind: StreamKind;
}

/** What goes to the cloud, most urgent first. KESTREL_COMMANDS comes from there and never goes back. */
export const UPLINKED_STREAMS: readonly UplinkedStream[] = [
  { name: 'KESTREL_RESULTS', account: 'CONTROL', trafficClass: TrafficClass.RESULTS, kind: 'log' },
  { name: 'KESTREL_AUDIT', account: 'CONTROL', trafficClass: TrafficClass.AUDIT, kind: 'log' },
  { name: 'KESTREL_EVENTS', account: 'DATA', trafficClass: TrafficClass.AUDIT, kind: 'log' },
  { name: 'KESTREL_RESOURCES', account: 'DATA', trafficClass: TrafficClass.RESOURCES, kind: 'inventory' },
  { name: 'KESTREL_FLOWS', account: 'DATA', trafficClass: TrafficClass.FLOWS, kind: 'log' },
];
