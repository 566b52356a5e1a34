import type { StreamName } from '@kestrel/bus';
import type { Cursor } from './read-cursors.ts';
import type { StreamStatus } from './read-streams.ts';
import type { UplinkStatus } from './read-uplink.ts';

/** How far the cloud's cursor is behind the end of a stream. */
export interface Lag {
  readonly stream: StreamName;
  /** Where the cursor was read. */
  readonly from: string;
  readonly committedSeq: number;
  readonly epoch: string;
  /** Sequences behind; on a compacted stream some of them hold nothing any more. Absent with the reason. */
  readonly behind?: number;
  readonly reason?: string;
}

/**
 * The lag of each stream that has a cursor: the active uplink's own, which is the newest, else the mirror in the bucket.
 * Only a cursor of the stream's present epoch says how far behind it is. Pure.
 */
export function lags(
  streams: readonly StreamStatus[],
  uplinks: readonly UplinkStatus[],
  mirror: readonly Cursor[],
): Lag[] {
  const active = uplinks.filter((uplink) => uplink.role === 'active').flatMap((uplink) => uplink.cursors);
  return streams.flatMap((stream) => {
    const cursor = [...active, ...mirror].find((candidate) => candidate.stream === stream.stream);
    if (cursor === undefined) return [];
    const { from, epoch, committedSeq } = cursor;
    return [{ stream: stream.stream, from, epoch, committedSeq, ...behind(stream, cursor) }];
  });
}

function behind(stream: StreamStatus, cursor: Cursor): Pick<Lag, 'behind' | 'reason'> {
  if (stream.state === 'unread') return { reason: 'the stream could not be read' };
  if (stream.state === 'absent') return { reason: 'there is no such stream' };
  if (stream.epoch !== cursor.epoch) return { reason: `the stream is in epoch ${stream.epoch ?? 'none'}` };
  if (cursor.committedSeq > stream.lastSeq) return { reason: `the stream ends at ${stream.lastSeq}` };
  return { behind: stream.lastSeq - cursor.committedSeq };
}
