import { counter, gauge } from '@kestrel/runtime';
import type { Logger, Metrics } from '@kestrel/runtime';
import type { LostRange, SnapshotPlan } from './core/plan-stream.ts';
import type { RejectedEvent } from './core/stream-progress.ts';

/** What happens in the uplink's business: each a counter with few labels and one log line. */
export interface UplinkEvents {
  sessionOpened(o: { sessionId: string; term: number; streams: number }): void;
  sessionEnded(o: { reason: string; problem?: string | undefined; cause?: string }): void;
  /** Bulk, counted only: nothing per batch is logged above debug. */
  batchSent(o: { stream: string; events: number; wireBytes: number; plainBytes: number }): void;
  committed(o: { stream: string; seq: number }): void;
  rejected(o: { stream: string; event: RejectedEvent }): void;
  gapTold(o: { stream: string; lost: LostRange }): void;
  epochAnnounced(o: { stream: string; previousEpoch: string; epoch: string; reason: string }): void;
  snapshotStarted(o: { stream: string; id: string; plan: SnapshotPlan }): void;
  snapshotEnded(o: { stream: string; id: string; seq: number; sent: number }): void;
  resyncAsked(o: { stream: string; reason: string }): void;
  commandAccepted(o: { id: string; class: string; duplicate: boolean }): void;
  commandRefused(o: { id: string; code: string; detail: string }): void;
  /** Nothing is said to the cloud: it sends the command again. */
  commandDeferred(o: { id: string; code: string; detail: string }): void;
  ledgerFailed(o: { what: string; error: unknown }): void;
  lag(o: { stream: string; events: number }): void;
  inFlight(o: { bytes: number; limitBytes: number }): void;
}

/** Rejections of a stream that are logged one by one; of those that follow, one in so many. All of them are counted. */
const rejectionLogsMax = 20;
const rejectionLogEvery = 1_000;

interface Figures {
  readonly count: (name: keyof typeof counters, labels: Record<string, string>, value?: number) => void;
  readonly set: (name: keyof typeof gauges, labels: Record<string, string>, value: number) => void;
}

/** Told of what the status page shows. */
export interface EventListener {
  committed(): void;
  rejected(): void;
  gapTold(stream: string, lost: LostRange): void;
}

export function uplinkEvents(metrics: Metrics, log: Logger, listener: EventListener): UplinkEvents {
  const { count, set } = figures(metrics);
  const rejections = new Map<string, number>();
  return {
    ...commandEvents(count, log),
    sessionOpened: (o) => {
      count('sessions', {});
      set('term', {}, o.term);
      log.info(o, 'session with the cloud is open');
    },
    sessionEnded: (o) => {
      count('session_ends', { reason: o.reason });
      // A problem is logged once, as the readiness reason that it becomes; at every retry it would only be noise.
      if (o.problem === undefined) log.info(o, 'session with the cloud is over');
      else log.debug(o, 'session with the cloud fails');
    },
    batchSent: (o) => {
      count('sent_events', { stream: o.stream }, o.events);
      count('sent_wire_bytes', { stream: o.stream }, o.wireBytes);
      count('sent_plain_bytes', { stream: o.stream }, o.plainBytes);
    },
    committed: (o) => {
      listener.committed();
      set('committed_seq', { stream: o.stream }, o.seq);
    },
    rejected: ({ stream, event }) => {
      listener.rejected();
      count('rejected', { stream });
      const total = (rejections.get(stream) ?? 0) + 1;
      rejections.set(stream, total);
      const level = total <= rejectionLogsMax || total % rejectionLogEvery === 0 ? 'warn' : 'debug';
      log[level]({ stream, ...event, total }, 'cloud rejects an event');
    },
    gapTold: ({ stream, lost }) => {
      listener.gapTold(stream, lost);
      count('gaps', { stream, reason: lost.reason });
      log.warn({ stream, ...lost }, 'a part of a stream is lost and told to the cloud');
    },
    epochAnnounced: (o) => {
      count('epochs', { stream: o.stream });
      if (o.previousEpoch === '') log.info(o, 'stream is announced to the cloud');
      else log.warn(o, 'stream counts anew');
    },
    snapshotStarted: (o) => {
      count('snapshots', { stream: o.stream, kind: o.plan.kind });
      log.info(o, 'snapshot begins or goes on');
    },
    snapshotEnded: (o) => log.info(o, 'snapshot is sent'),
    resyncAsked: (o) => {
      count('resyncs', { stream: o.stream });
      log.warn(o, 'cloud asks for a snapshot');
    },
    ledgerFailed: ({ what, error }) => {
      count('ledger_errors', {});
      log.error({ err: error, what }, 'entry of the ledger cannot be published');
    },
    lag: (o) => set('lag_events', { stream: o.stream }, o.events),
    inFlight: (o) => {
      set('in_flight_bytes', {}, o.bytes);
      set('window_bytes', {}, o.limitBytes);
    },
  };
}

function commandEvents(
  count: Figures['count'],
  log: Logger,
): Pick<UplinkEvents, 'commandAccepted' | 'commandRefused' | 'commandDeferred'> {
  return {
    commandAccepted: (o) => {
      count('commands', { result: 'accepted' });
      log.info(o, 'command is accepted');
    },
    commandRefused: (o) => {
      count('commands', { result: o.code });
      log.warn(o, 'command is refused');
    },
    commandDeferred: (o) => {
      count('commands', { result: `deferred_${o.code}` });
      log.warn(o, 'command cannot be queued now, the cloud is to send it again');
    },
  };
}

const counters = {
  sessions: { help: 'Sessions opened', labelNames: [] },
  session_ends: { help: 'Sessions ended, by reason', labelNames: ['reason'] },
  sent_events: { help: 'Events sent, snapshots and repetitions included', labelNames: ['stream'] },
  sent_wire_bytes: { help: 'Bytes of batches as sent', labelNames: ['stream'] },
  sent_plain_bytes: { help: 'Bytes of batches before they were packed', labelNames: ['stream'] },
  rejected: { help: 'Events that the cloud could not use', labelNames: ['stream'] },
  gaps: { help: 'Ranges told as lost', labelNames: ['stream', 'reason'] },
  epochs: { help: 'Epochs announced', labelNames: ['stream'] },
  snapshots: { help: 'Snapshots begun or resumed', labelNames: ['stream', 'kind'] },
  resyncs: { help: 'Snapshots that the cloud asked for', labelNames: ['stream'] },
  commands: { help: 'Commands of the cloud, by what became of them', labelNames: ['result'] },
  ledger_errors: { help: 'Rejections and losses that could not be published', labelNames: [] },
} as const;

const gauges = {
  term: { help: 'Term of the last session', labelNames: [] },
  committed_seq: { help: 'Committed sequence', labelNames: ['stream'] },
  lag_events: { help: 'Sequences between the end of the stream and the commit', labelNames: ['stream'] },
  in_flight_bytes: { help: 'Bulk bytes sent and not committed', labelNames: [] },
  window_bytes: { help: 'Bulk bytes that may be sent and not committed', labelNames: [] },
} as const;

function figures(metrics: Metrics): Figures {
  const counts = mapValues(counters, (name, { help, labelNames }) =>
    counter<string>(metrics, { name: `kestrel_uplink_${name}_total`, help, labelNames: [...labelNames] }),
  );
  const values = mapValues(gauges, (name, { help, labelNames }) =>
    gauge<string>(metrics, { name: `kestrel_uplink_${name}`, help, labelNames: [...labelNames] }),
  );
  return {
    count: (name, labels, value = 1) => counts.get(name)?.inc(labels, value),
    set: (name, labels, value) => values.get(name)?.set(labels, value),
  };
}

interface FigureSpec {
  readonly help: string;
  readonly labelNames: readonly string[];
}

function mapValues<T>(
  specs: Readonly<Record<string, FigureSpec>>,
  make: (name: string, spec: FigureSpec) => T,
): Map<string, T> {
  return new Map(Object.entries(specs).map(([name, spec]) => [name, make(name, spec)]));
}
