import { bucketStream, bucketSubject, lastMessage, type Bus } from '@kestrel/bus';
import { z } from 'zod';
import { reasonOf } from '../failure-line.ts';
import { readJson } from './read-json.ts';
import { streamInfo } from './stream-info.ts';

const BUCKET = 'kestrel_uplink';
const PREFIX = bucketSubject(BUCKET, '');
const FROM = `bucket ${BUCKET}`;
const READ_TIMEOUT_MS = 3_000;
/** More keys than streams can only be another hand's. */
const KEYS_MAX = 64;

/** A sequence: JSON has no 64-bit integers, so it may come as text. */
export const sequence = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);

/** Under the stream's name as key. */
const cursorSchema = z.object({
  epoch: z.string(),
  committedSeq: sequence,
});

/** The cloud's position in one stream, as the uplink mirrored it. */
export interface Cursor {
  readonly stream: string;
  readonly epoch: string;
  readonly committedSeq: number;
  /** Where it was read. */
  readonly from: string;
  /** When it was written there. */
  readonly at?: string;
}

/** The mirror of the cloud's cursors, or why it could not be read. */
export interface CursorsStatus {
  readonly from: string;
  readonly error?: string;
  readonly cursors: readonly Cursor[];
}

/** Reads the mirror of the cloud's cursors. */
export async function readCursors(bus: Bus): Promise<CursorsStatus> {
  try {
    const info = await streamInfo(bus, bucketStream(BUCKET), { subjectsFilter: `${PREFIX}>` });
    if (info === undefined) return unreadCursors(`there is no bucket ${BUCKET}`);
    const subjects = Object.keys(info.state.subjects ?? {}).slice(0, KEYS_MAX);
    const cursors = await Promise.all(subjects.map((subject) => readCursor(bus, subject)));
    return { from: FROM, cursors: cursors.filter((cursor) => cursor !== undefined) };
  } catch (error) {
    return unreadCursors(reasonOf(error));
  }
}

/** The same when it could not be read at all. */
export function unreadCursors(error: string): CursorsStatus {
  return { from: FROM, error, cursors: [] };
}

async function readCursor(bus: Bus, subject: string): Promise<Cursor | undefined> {
  const last = await lastMessage(bus, bucketStream(BUCKET), subject, READ_TIMEOUT_MS);
  const cursor = last && cursorSchema.safeParse(readJson(last.data)).data;
  const stream = subject.slice(PREFIX.length);
  return cursor && { stream, ...cursor, from: FROM, at: last.time.toISOString() };
}
