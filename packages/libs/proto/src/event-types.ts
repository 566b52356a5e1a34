/**
 * The `ce-type` of every event and the message its payload holds (proto3 JSON), both named once, here.
 * Source: CloudEvents 1.0 binary mode; `ai.usekestrel.<noun>.<verb>.v1`.
 */
export const EVENT_TYPES = {
  resourceObserved: 'ai.usekestrel.resource.observed.v1',
  resourceDeleted: 'ai.usekestrel.resource.deleted.v1',
  resourceOversize: 'ai.usekestrel.resource.oversize.v1',
  lossRecorded: 'ai.usekestrel.loss.recorded.v1',
  statusChanged: 'ai.usekestrel.status.changed.v1',
  eventRejected: 'ai.usekestrel.event.rejected.v1',
  findingReported: 'ai.usekestrel.finding.reported.v1',
  windowClosed: 'ai.usekestrel.window.closed.v1',
  l4EdgeObserved: 'ai.usekestrel.l4_edge.observed.v1',
  l7EdgeObserved: 'ai.usekestrel.l7_edge.observed.v1',
  commandReceived: 'ai.usekestrel.command.received.v1',
} as const;

/** One of the values of {@link EVENT_TYPES}. */
export type EventType = (typeof EVENT_TYPES)[keyof typeof EVENT_TYPES];
