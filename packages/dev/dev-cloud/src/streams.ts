import { TrafficClass } from '@kestrel/proto/cloud';
import { EVENT_TYPES, type EventType } from '@kestrel/proto/events';

/** What the cloud knows of a stream before it has seen one event of it. */
export interface StreamRules {
  /** Whose credit its batches use. */
  readonly trafficClass: TrafficClass;
  /** True when the stream keeps the last message of each subject only: holes in its sequences are normal. */
  readonly compacted: boolean;
  /** True when the stream's subjects are the cluster's objects, brought first by a snapshot. */
  readonly inventory: boolean;
  /** The event types it may carry; undefined where the contracts name none yet. */
  readonly types: ReadonlySet<EventType> | undefined;
}

/** The streams of a session. Anything else in a frame breaks the protocol. */
export const STREAM_RULES: ReadonlyMap<string, StreamRules> = new Map([
  [
    'KESTREL_RESOURCES',
    {
      trafficClass: TrafficClass.RESOURCES,
      compacted: true,
      inventory: true,
      types: new Set([EVENT_TYPES.resourceObserved, EVENT_TYPES.resourceDeleted, EVENT_TYPES.resourceOversize]),
    },
  ],
  [
    'KESTREL_EDGES',
    {
      trafficClass: TrafficClass.FLOWS,
      compacted: true,
      inventory: false,
      types: new Set([EVENT_TYPES.l4EdgeObserved, EVENT_TYPES.l7EdgeObserved]),
    },
  ],
  [
    'KESTREL_FLOWS',
    {
      trafficClass: TrafficClass.FLOWS,
      compacted: false,
      inventory: false,
      types: new Set([EVENT_TYPES.windowClosed]),
    },
  ],
  [
    'KESTREL_EVENTS',
    {
      trafficClass: TrafficClass.AUDIT,
      compacted: false,
      inventory: false,
      types: new Set([
        EVENT_TYPES.lossRecorded,
        EVENT_TYPES.statusChanged,
        EVENT_TYPES.eventRejected,
        EVENT_TYPES.findingReported,
      ]),
    },
  ],
  ['KESTREL_AUDIT', { trafficClass: TrafficClass.AUDIT, compacted: false, inventory: false, types: undefined }],
  ['KESTREL_RESULTS', { trafficClass: TrafficClass.RESULTS, compacted: false, inventory: false, types: undefined }],
]);
