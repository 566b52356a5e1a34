import { STREAMS, STREAM_NAMES, streamEpoch, type Account, type Bus, type StreamName } from '@kestrel/bus';
import { OperationalError } from '@kestrel/runtime';
import { reasonOf } from '../failure-line.ts';
import { streamInfo } from './stream-info.ts';

/** A stream as its server states it; `absent` when the server has none of that name; `unread` when it can't be asked. */
export type StreamStatus = { readonly stream: StreamName; readonly from: Account } & (
  | { readonly state: 'unread'; readonly error: string }
  | { readonly state: 'absent' }
  | StreamFigures
);

/** What a stream holds. */
export interface StreamFigures {
  readonly state: 'present';
  /** Absent: the stream was not made by this product. */
  readonly epoch?: string;
  readonly messages: number;
  readonly bytes: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** When the last message was stored; absent for a stream that never had one. */
  readonly lastAt?: string;
  readonly consumers: number;
}

/** Asks the server about every stream of the bus's account. */
export async function readStreams(bus: Bus): Promise<StreamStatus[]> {
  return await Promise.all(
    streamsOf(bus.account).map(async (stream): Promise<StreamStatus> => {
      const named = { stream, from: bus.account };
      try {
        return { ...named, ...(await readStream(bus, stream)) };
      } catch (error) {
        return { ...named, state: 'unread', error: reasonOf(error) };
      }
    }),
  );
}

/** The same rows when the account could not be reached at all. */
export function unreadStreams(account: Account, error: string): StreamStatus[] {
  return streamsOf(account).map((stream) => ({ stream, from: account, state: 'unread', error }));
}

function streamsOf(account: Account): StreamName[] {
  return STREAM_NAMES.filter((name) => STREAMS[name].account === account);
}

async function readStream(bus: Bus, stream: StreamName): Promise<StreamFigures | { state: 'absent' }> {
  const info = await streamInfo(bus, stream);
  if (info === undefined) return { state: 'absent' };
  const epoch = await epochOf(bus, stream);
  const { messages, bytes, first_seq: firstSeq, last_seq: lastSeq, last_ts: lastAt, consumer_count } = info.state;
  return {
    state: 'present',
    ...(epoch === undefined ? {} : { epoch }),
    messages,
    bytes,
    firstSeq,
    lastSeq,
    ...(lastSeq === 0 ? {} : { lastAt }),
    consumers: consumer_count,
  };
}

async function epochOf(bus: Bus, stream: StreamName): Promise<string | undefined> {
  try {
    return (await streamEpoch(bus, stream)).epoch;
  } catch (error) {
    if (error instanceof OperationalError && error.code === 'epoch_missing') return undefined;
    throw error;
  }
}
