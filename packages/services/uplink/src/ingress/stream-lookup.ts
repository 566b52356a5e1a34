import { newEpoch, streamEpoch } from '@kestrel/bus';
import type { Bus, StreamEpoch, StreamName } from '@kestrel/bus';
import { errorChain, OperationalError } from '@kestrel/runtime';

const requestTimeoutMs = 5_000;
const notFound = 404;

/**
 * The stream as it stands; undefined where it does not exist (its writer was never there). A stream that somebody made
 * by hand has no epoch and gets one.
 */
export async function findStream(bus: Bus, stream: StreamName): Promise<StreamEpoch | undefined> {
  try {
    return await streamEpoch(bus, stream);
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    if (error.code === 'stream_missing') return undefined;
    if (error.code === 'epoch_missing') return await newEpoch(bus, stream);
    throw error;
  }
}

/** Whether the stream exists. @throws OperationalError when the bus can't be asked */
export async function isThere(bus: Bus, stream: StreamName): Promise<boolean> {
  try {
    await streamEpoch(bus, stream);
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    if (error.code === 'stream_missing') return false;
    if (error.code !== 'epoch_missing') throw error;
  }
  return true;
}

/**
 * The first sequence whose stream time is in a later millisecond than `timeMs`; undefined for none. Whole milliseconds:
 * that is what the bus tells of a message's time.
 */
export async function firstLaterThan(bus: Bus, stream: StreamName, timeMs: number): Promise<number | undefined> {
  return await directGet(bus, stream, { start_time: new Date(timeMs + 1).toISOString(), next_by_subj: '>' });
}

/** The first sequence at or after `seq` that is still there; undefined for none. */
export async function firstFrom(bus: Bus, stream: StreamName, seq: number): Promise<number | undefined> {
  return await directGet(bus, stream, { seq, next_by_subj: '>' });
}

/** Looks into the store without a consumer (ADR-31). @throws OperationalError `bus_timeout`, `bus_refused`, retryable */
async function directGet(bus: Bus, stream: StreamName, request: object): Promise<number | undefined> {
  const reply = await bus.nc
    .request(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(request), { timeout: requestTimeoutMs })
    .catch((cause: unknown) => {
      const reason = errorChain(cause).map((link) => link.message);
      throw new OperationalError('bus_timeout', `stream ${stream} cannot be looked into: ${reason.join(': ')}`, {
        cause,
      });
    });
  if (reply.headers?.code === notFound) return undefined;
  const seq = Number(reply.headers?.get('Nats-Sequence'));
  if (!Number.isSafeInteger(seq) || seq < 1) {
    const said = reply.headers?.status ?? 'no headers';
    throw new OperationalError('bus_refused', `stream ${stream} cannot be looked into: ${said}`);
  }
  return seq;
}
