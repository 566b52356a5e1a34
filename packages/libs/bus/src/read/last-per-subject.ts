import type { Logger } from '@kestrel/runtime';
import type { Bus } from '../connection/bus.ts';
import type { StreamName } from '../topology/streams.ts';
import { PullConsumer } from './pull-consumer.ts';
import type { StoredMessage } from './stored-message.ts';

/** How to read the last message of each subject. */
export interface LastPerSubjectOptions {
  /** Without bodies: digests are headers. */
  readonly headersOnly?: boolean;
  readonly signal?: AbortSignal;
  /** Bytes asked for and not yet read. @defaultValue 4 MiB */
  readonly bytesMax?: number;
  readonly log: Logger;
}

const BYTES_MAX = 4 * 1_024 * 1_024;

/**
 * The last message of each subject that matches `filter`, in the order of the stream, and then the end. A subject that is
 * written meanwhile shows up with a newer state, once or twice. An empty stream ends at once (the server never says so
 * to a consumer that waits, hence the count at its creation). An aborted signal ends it early.
 *
 * @throws OperationalError `read_interrupted`, `stream_missing`, `bus_refused`, `bus_timeout`, all retryable: begin anew.
 */
export async function* lastPerSubject(
  bus: Bus,
  stream: StreamName,
  filter: string,
  o: LastPerSubjectOptions,
): AsyncGenerator<StoredMessage, void, undefined> {
  const { consumer, pending } = await PullConsumer.create(bus, {
    stream,
    filter,
    from: 'last_per_subject',
    headersOnly: o.headersOnly === true,
    bytesMax: o.bytesMax ?? BYTES_MAX,
    untilEmpty: true,
    log: o.log,
  });
  await using _closing = consumer;
  if (pending === 0) return;
  const signal = o.signal ?? new AbortController().signal;
  for (let message = await consumer.next(signal); message; message = await consumer.next(signal)) {
    yield message;
    if (message.pending === 0) return;
  }
}
