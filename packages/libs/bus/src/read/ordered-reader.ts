import { Backoff, OperationalError, sleep } from '@kestrel/runtime';
import type { Logger } from '@kestrel/runtime';
import { apiError } from '../api/api-error.ts';
import type { Bus } from '../connection/bus.ts';
import type { StreamName } from '../topology/streams.ts';
import { PullConsumer } from './pull-consumer.ts';
import type { StoredMessage } from './stored-message.ts';

/** What to read, and from where. */
export interface OrderedReaderOptions {
  readonly stream: StreamName;
  /** First sequence wanted; what is no longer there is skipped, and seen by the caller in the sequences. */
  readonly startSeq: number;
  /** Bytes asked for and not yet read. */
  readonly bytesMax: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly filter?: string;
}

const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 5_000;
/** The bus is looked at again after this long at most, whatever it says. */
const RECONNECT_MAX_MS = 10_000;

/**
 * Reads a stream in order, from `startSeq` for ever, without acknowledgements: the caller's cursor is the only position.
 * Survives reconnects, server restarts and lost consumers by going on after the last message it gave. Ends when the
 * signal is aborted.
 *
 * @throws OperationalError, all retryable by beginning anew: `stream_missing` (deleted), `stream_reset` (the stream is
 * another one, or ends before the position: its sequences no longer mean what they meant), `closed` (the bus ended).
 */
export async function* orderedReader(
  bus: Bus,
  o: OrderedReaderOptions,
): AsyncGenerator<StoredMessage, void, undefined> {
  const backoff = new Backoff({ baseMs: RETRY_BASE_MS, maxMs: RETRY_MAX_MS, healthyAfterMs: 10_000 });
  const position: Position = { next: Math.max(1, o.startSeq), created: undefined };
  while (!o.signal.aborted) {
    const consumer = await openAt(bus, o, position);
    if (consumer) {
      await using _closing = consumer;
      yield* deliver(consumer, o, position, backoff);
    }
    if (bus.nc.isClosed()) throw new OperationalError('closed', 'the bus is closed');
    if (bus.connected) await sleep(backoff.nextDelayMs(), o.signal);
    else await untilConnected(bus, o.signal);
  }
}

/** Returns when the bus is connected again, closed, or the signal is aborted. */
async function untilConnected(bus: Bus, signal: AbortSignal): Promise<void> {
  const changed = new AbortController();
  const stopListening = bus.onStatus(() => changed.abort());
  void bus.closed.then(() => changed.abort());
  await sleep(RECONNECT_MAX_MS, AbortSignal.any([signal, changed.signal]));
  stopListening();
}

interface Position {
  /** First sequence that was not given to the caller yet. */
  next: number;
  /** Creation time of the stream that was read first. */
  created: string | undefined;
}

async function* deliver(
  consumer: PullConsumer,
  o: OrderedReaderOptions,
  position: Position,
  backoff: Backoff,
): AsyncGenerator<StoredMessage, void, undefined> {
  try {
    for (let message = await consumer.next(o.signal); message; message = await consumer.next(o.signal)) {
      backoff.succeeded();
      position.next = message.seq + 1;
      yield message;
    }
  } catch (error) {
    if (!isOperational(error, 'read_interrupted')) throw error;
    o.log.info({ stream: o.stream, next: position.next, reason: error.message }, 'reader goes on with a new consumer');
  }
}

/** A consumer at the position; `undefined` if that is not possible at this moment. */
async function openAt(bus: Bus, o: OrderedReaderOptions, position: Position): Promise<PullConsumer | undefined> {
  if (!bus.connected) return undefined;
  try {
    await checkStream(bus, o.stream, position);
    const { consumer } = await PullConsumer.create(bus, {
      stream: o.stream,
      from: { seq: position.next },
      bytesMax: o.bytesMax,
      untilEmpty: false,
      log: o.log,
      ...(o.filter === undefined ? {} : { filter: o.filter }),
    });
    return consumer;
  } catch (error) {
    if (!isOperational(error, 'bus_timeout', 'bus_refused')) throw error;
    o.log.warn({ err: error, stream: o.stream }, 'stream cannot be read now');
    return undefined;
  }
}

/** A consumer that starts behind the end of a stream waits without a word: so the stream is looked at first. */
async function checkStream(bus: Bus, stream: StreamName, position: Position): Promise<void> {
  const manager = await bus.manager();
  const { created, state } = await manager.streams.info(stream).catch((error: unknown) => {
    throw apiError(error, `stream ${stream} cannot be looked at`);
  });
  position.created ??= created;
  if (created !== position.created) {
    throw new OperationalError('stream_reset', `stream ${stream} was made anew at ${created}`);
  }
  if (state.last_seq < position.next - 1) {
    const text = `stream ${stream} ends at ${state.last_seq}, before position ${position.next}`;
    throw new OperationalError('stream_reset', text);
  }
}

function isOperational(error: unknown, ...codes: string[]): error is OperationalError {
  return error instanceof OperationalError && codes.includes(error.code);
}
