import { randomBytes } from 'node:crypto';
import { streamEpoch, type Bus } from '@kestrel/bus';
import { OperationalError } from '@kestrel/runtime';
import { nanos } from '@nats-io/transport-node';
import { reasonOf } from '../failure-line.ts';
import { viewEvent, type EventView } from './event-view.ts';
import { findStart } from './find-start.ts';
import type { Selection } from './selection.ts';

/** The server forgets a counting consumer by itself after this, should it not be told to. */
const COUNTER_LIFE_MS = 10_000;

/** The end of a stream, and where a follower goes on. */
export interface Last {
  readonly events: readonly EventView[];
  readonly nextSeq: number;
}

/**
 * The last `wanted` events of a selection. A stream that is not there has none.
 * @throws OperationalError `stream_unreadable`, and those of `streamEpoch`
 */
export async function readLast(bus: Bus, selection: Selection, wanted: number): Promise<Last> {
  const range = await rangeOf(bus, selection);
  if (range === undefined) return { events: [], nextSeq: 1 };
  const nextSeq = range.lastSeq + 1;
  if (wanted === 0 || range.messages === 0) return { events: [], nextSeq };
  try {
    const start = await findStart((seq) => countFrom(bus, selection, seq), range, wanted);
    return { events: (await readFrom(bus, selection, start, range.lastSeq)).slice(-wanted), nextSeq };
  } catch (cause) {
    const message = `stream ${selection.stream} cannot be read: ${reasonOf(cause)}`;
    throw new OperationalError('stream_unreadable', message, { cause });
  }
}

async function rangeOf(bus: Bus, { stream }: Selection) {
  try {
    return await streamEpoch(bus, stream);
  } catch (error) {
    if (error instanceof OperationalError && error.code === 'stream_missing') return undefined;
    throw error;
  }
}

/** A consumer states at its creation how much there is for it: nothing is delivered. */
async function countFrom(bus: Bus, { stream, filter }: Selection, seq: number): Promise<number> {
  const manager = await bus.manager();
  const name = `${bus.user}-${randomBytes(9).toString('hex')}`;
  const info = await manager.consumers.add(stream, {
    name,
    filter_subject: filter,
    deliver_policy: 'by_start_sequence',
    opt_start_seq: Math.max(1, seq),
    ack_policy: 'none',
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(COUNTER_LIFE_MS),
    headers_only: true,
  });
  await manager.consumers.delete(stream, name);
  return info.num_pending;
}

async function readFrom(bus: Bus, { stream, filter }: Selection, start: number, lastSeq: number): Promise<EventView[]> {
  const manager = await bus.manager();
  const events: EventView[] = [];
  let seq = start;
  while (seq <= lastSeq) {
    const found = await manager.direct.getMessage(stream, { seq, next_by_subj: filter });
    if (found === null || found.seq > lastSeq) break;
    const headers = found.header.keys().map((name) => [name, found.header.get(name)] as const);
    events.push(viewEvent(stream, { ...pick(found), headers }));
    seq = found.seq + 1;
  }
  return events;
}

function pick(found: { subject: string; seq: number; time: Date; data: Uint8Array }) {
  return { subject: found.subject, seq: found.seq, time: found.time, data: found.data };
}
