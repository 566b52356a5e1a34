import type { BucketName, Bus, StreamName } from '@kestrel/bus';
import { JetStreamApiError, type StreamInfo } from '@nats-io/jetstream';

/** The server's number for "stream not found" (nats-server, errors.json). */
const STREAM_NOT_FOUND = 10_059;

/** What the server says of a stream or bucket, `subjects` counted if a filter is given; `undefined` when there is none. */
export async function streamInfo(
  bus: Bus,
  stream: StreamName | `KV_${BucketName}`,
  options: { subjectsFilter?: string } = {},
): Promise<StreamInfo | undefined> {
  const manager = await bus.manager();
  const { subjectsFilter } = options;
  try {
    return await manager.streams.info(stream, subjectsFilter === undefined ? {} : { subjects_filter: subjectsFilter });
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}
