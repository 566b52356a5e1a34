import { orderedReader, type Bus } from '@kestrel/bus';
import { sleep, type Logger } from '@kestrel/runtime';
import { OperationalError } from '@kestrel/runtime';
import { headerPairs, viewEvent, type EventView } from './event-view.ts';
import type { Selection } from './selection.ts';

/** Bytes asked for and not yet shown, for each stream. */
const READ_AHEAD_BYTES = 1_024 * 1_024;
/** How often a stream that is not there is looked for. */
const ABSENT_RETRY_MS = 2_000;

/** How a stream is followed. */
export interface FollowOptions {
  readonly startSeq: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly show: (event: EventView) => Promise<void>;
}

/**
 * Shows what is written to a selection until the signal is aborted, over reconnects. A stream that is not there is waited
 * for; one that was made anew is read from its beginning.
 */
export async function follow(bus: Bus, { stream, filter }: Selection, o: FollowOptions): Promise<void> {
  let { startSeq } = o;
  while (!o.signal.aborted) {
    const reading = { stream, filter, startSeq, bytesMax: READ_AHEAD_BYTES, signal: o.signal, log: o.log };
    try {
      for await (const message of orderedReader(bus, reading)) {
        startSeq = message.seq + 1;
        await o.show(viewEvent(stream, { ...fieldsOf(message), headers: headerPairs(message.headers) }));
      }
    } catch (error) {
      if (!(error instanceof OperationalError) || !['stream_missing', 'stream_reset'].includes(error.code)) throw error;
      o.log.warn({ err: error, stream }, 'stream is followed anew');
      startSeq = 1;
      await sleep(ABSENT_RETRY_MS, o.signal);
    }
  }
}

function fieldsOf({ subject, seq, time, data }: { subject: string; seq: number; time: Date; data: Uint8Array }) {
  return { subject, seq, time, data };
}
