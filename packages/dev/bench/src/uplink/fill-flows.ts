import { ensureStreams, EventIds, eventHeaders, STREAM_NAMES, STREAMS, subjects } from '@kestrel/bus';
import { EVENT_TYPES } from '@kestrel/proto/events';
import { createLogger } from '@kestrel/runtime';
import { headers } from '@nats-io/transport-node';
import type { BenchBus } from '../stack/bench-bus.ts';
import { type EventSize, eventData } from './flow-events.ts';

/** Messages that may be on their way, and their bytes at most: the server drops what it can't queue. */
const CHUNK_MESSAGES = { small: 1_000, large: 200 };
const NODES = 100;

/** What an ingester makes before any collector writes. */
const DATA_STREAMS = STREAM_NAMES.filter((name) => STREAMS[name].account === 'DATA');

/** Fills KESTREL_FLOWS with events as collectors write them, and returns when the last one is stored. */
export async function fillFlows(
  bus: BenchBus,
  o: { events: number; size: EventSize; signal: AbortSignal },
): Promise<void> {
  await using owner = await bus.connect('ingester');
  await ensureStreams(owner, DATA_STREAMS, { log: createLogger({ service: 'bench', level: 'silent' }) });
  await using collector = await bus.connect('flow-collector');
  const ids = new EventIds('bench', 'boot');
  const stream = collector.jetstream();
  const chunk = CHUNK_MESSAGES[o.size];
  for (let from = 0; from < o.events; from += chunk) {
    o.signal.throwIfAborted();
    const last = Math.min(o.events, from + chunk) - 1;
    for (let i = from; i < last; i += 1) {
      const { subject, data, head } = flowEvent(ids, o.size, i);
      collector.nc.publish(subject, data, { headers: head });
    }
    // The stream takes messages in the order of the connection: when the last one is stored, all are.
    const { subject, data, head } = flowEvent(ids, o.size, last);
    await stream.publish(subject, data, { headers: head });
  }
}

function flowEvent(ids: EventIds, size: EventSize, i: number) {
  const id = ids.next();
  const head = headers();
  const attributes = eventHeaders({
    id,
    source: '/flow-collector/bench',
    type: EVENT_TYPES.windowClosed,
    time: new Date(),
  });
  for (const [name, value] of Object.entries({ ...attributes, 'Nats-Msg-Id': id })) head.set(name, value);
  return { subject: subjects.flowsL4(`worker-${i % NODES}`), data: eventData(size, i), head };
}
