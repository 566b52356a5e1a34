import { OperationalError } from '@kestrel/runtime';
import { requestError } from './request-error.ts';
import { HEADER } from './header-names.ts';
import type { Bus } from '../connection/bus.ts';
import type { StreamName } from '../topology/streams.ts';
import type { BucketName } from '../topology/buckets.ts';

/** The last message of a subject. */
export interface LastMessage {
  readonly seq: number;
  readonly time: Date;
  readonly data: Uint8Array;
  header(name: string): string | undefined;
}

const NOT_FOUND = 404;

/**
 * Reads the last message of one subject straight from the store (ADR-31), without a consumer; `undefined` if there is
 * none. On a cluster any replica may answer and lag a little: decide by compare-and-set, not by what was read.
 *
 * @throws OperationalError `stream_missing`, `bus_timeout` (also for a user without the right), retryable.
 */
export async function lastMessage(
  bus: Bus,
  stream: StreamName | `KV_${BucketName}`,
  subject: string,
  timeoutMs: number,
): Promise<LastMessage | undefined> {
  const reply = await bus.nc
    .request(`$JS.API.DIRECT.GET.${stream}.${subject}`, undefined, { timeout: timeoutMs })
    .catch((error: unknown) => {
      throw requestError(error, `stream ${stream} cannot be read`);
    });
  const headers = reply.headers;
  if (headers?.code === NOT_FOUND) return undefined;
  const seq = Number(headers?.get(HEADER.sequence));
  if (!headers || headers.hasError || !Number.isInteger(seq)) {
    throw new OperationalError('bus_refused', `stream ${stream} cannot be read: ${headers?.status ?? 'no headers'}`);
  }
  return {
    seq,
    time: new Date(headers.get(HEADER.timeStamp)),
    data: reply.data,
    header: (name) => (headers.has(name) ? headers.get(name) : undefined),
  };
}
