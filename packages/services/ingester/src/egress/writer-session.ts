import { type Bus, EventIds, ensureStreams, Fence, type HeldLease, Publisher } from '@kestrel/bus';
import { type Clock, type Logger, type Metrics, OperationalError } from '@kestrel/runtime';
import type { WriterConfig } from '../config.ts';
import type { Mirror } from '../core/mirror/mirror.ts';
import type { IngesterEvents } from '../events.ts';
import type { Kind } from '../kinds/kind.ts';
import { ReportWriter } from './report-writer.ts';
import { ResourceMessages } from './resource-messages.ts';
import { ResourceWriter, whileHeld } from './resource-writer.ts';
import { StreamState } from './stream-state.ts';

/** A batch and the one behind it. */
const IN_FLIGHT_MAX = 2_000;

export interface WriterSessionOptions {
  readonly config: WriterConfig;
  readonly shard: string;
  readonly mirror: Mirror;
  readonly ids: EventIds;
  readonly source: string;
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly events: IngesterEvents;
  readonly onListWanted: (kind: Kind) => void;
}

/** What writes under one fence. Disposing ends it. */
export interface WriterSession extends AsyncDisposable {
  readonly writer: ResourceWriter;
}

/**
 * Makes the streams exist, takes the fence (from here on no earlier writer can write), and reads what is written.
 * @throws OperationalError `fence_contended`, `stream_missing`, `bus_timeout` and others, all retryable
 */
export async function startWriterSession(bus: Bus, lease: HeldLease, o: WriterSessionOptions): Promise<WriterSession> {
  const { config, log, metrics, clock, mirror, ids, source } = o;
  await using starting = new AsyncDisposableStack();
  await ensureStreams(bus, ['KESTREL_RESOURCES', 'KESTREL_EVENTS'], {
    log,
    overrides: {
      KESTREL_RESOURCES: { replicas: config.streamReplicas, tombstoneTtlMs: config.tombstoneTtlMs },
      KESTREL_EVENTS: { replicas: config.streamReplicas },
    },
  });
  if (!lease.stillHeld()) throw new OperationalError('lease_lost', 'the lease is over: no fence is taken');
  const fence = await Fence.take(bus, o.shard, { holder: o.holder, term: lease.term });
  const stream = await StreamState.read(bus, { signal: lease.signal, log });
  if (!lease.stillHeld()) throw new OperationalError('lease_lost', 'the lease ended while the stream was read');
  o.events.leads({ term: lease.term, fence: fence.sequence, inStream: stream.size });
  const publisher = starting.use(
    new Publisher(bus, {
      stream: 'KESTREL_RESOURCES',
      inFlightMax: IN_FLIGHT_MAX,
      ackTimeoutMs: config.ackTimeoutMs,
      fence,
      log,
      metrics,
      clock,
    }),
  );
  const { ackTimeoutMs } = config;
  starting.use(new ReportWriter(bus, { lease, mirror, ids, source, ackTimeoutMs, clock, log, metrics }));
  const writer = new ResourceWriter({
    mirror,
    stream,
    messages: new ResourceMessages({ ids, source, tombstoneTtlMs: config.tombstoneTtlMs, clock }),
    sink: whileHeld(lease, publisher),
    flushIntervalMs: config.flushIntervalMs,
    batchMessagesMax: config.batchMessagesMax,
    clock,
    events: o.events,
    onListWanted: o.onListWanted,
  });
  publisher.onReset((reason) =>
    writer.fail(new OperationalError('stream_reset', `KESTREL_RESOURCES is not what it was: ${reason}`)),
  );
  const owned = starting.move();
  return { writer, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
