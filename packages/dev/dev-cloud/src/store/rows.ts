import * as z from 'zod';
import { VIOLATION_KINDS } from './violation.ts';

// Rows as they come out of the store. Integers are read as bigints (nanoseconds do not fit a number).

const text = z.string();
const integer = z.bigint();
const blob = z.instanceof(Uint8Array);
const millis = z.bigint().transform(Number);

export const cursorRow = z
  .object({ stream: text, epoch: text, seq: integer, time_ns: integer })
  .transform(({ time_ns: timeNs, ...row }) => ({ ...row, timeNs }));
export const eventRow = z
  .object({
    arrival: integer,
    stream: text,
    epoch: text,
    seq: integer,
    subject: text,
    time_ns: integer,
    type: text.nullable(),
    headers: blob,
    data: blob,
    snapshot: text.nullable(),
    rejected: text.nullable(),
  })
  .transform(({ time_ns: timeNs, ...row }) => ({ ...row, timeNs }));
export const objectRow = z.object({
  subject: text,
  epoch: text,
  seq: integer,
  type: text.nullable(),
  digest: text.nullable(),
  data: blob,
});
export const gapRow = z
  .object({
    session: text,
    stream: text,
    epoch: text,
    from_seq: integer,
    to_seq: integer,
    reason: text,
    count: integer,
  })
  .transform(({ from_seq: fromSeq, to_seq: toSeq, ...row }) => ({ ...row, fromSeq, toSeq }));
export const snapshotRow = z
  .object({
    id: text,
    stream: text,
    epoch: text,
    begin_seq: integer,
    end_seq: integer.nullable(),
    outcome: z.enum(['open', 'complete', 'mismatch', 'abandoned']),
  })
  .transform(({ begin_seq: beginSeq, end_seq: endSeq, ...row }) => ({ ...row, beginSeq, endSeq }));
export const epochRow = z.object({ stream: text, epoch: text, previous: text, reason: text });
export const violationRow = z
  .object({
    id: integer.transform(Number),
    at_ms: millis,
    session: text,
    kind: z.enum(VIOLATION_KINDS),
    stream: text,
    epoch: text,
    seq: integer,
    detail: text,
  })
  .transform(({ at_ms: atMs, ...row }) => ({ ...row, atMs }));
export const sessionRow = z
  .object({
    id: text,
    instance: text,
    version: text,
    term: integer,
    certificate: text,
    started_ms: millis,
    ended_ms: millis.nullable(),
    end_reason: text.nullable(),
  })
  .transform(({ started_ms: startedMs, ended_ms: endedMs, end_reason: endReason, ...row }) => ({
    ...row,
    startedMs,
    endedMs,
    endReason,
  }));
export const rejectedRow = z.object({ stream: text, epoch: text, seq: integer, subject: text, rejected: text });
export const commandRow = z
  .object({ id: text, digest: text, signed: text, issued_ms: millis, expires_ms: millis, sent: integer })
  .transform(({ issued_ms: issuedMs, expires_ms: expiresMs, sent, ...row }) => ({
    ...row,
    issuedMs,
    expiresMs,
    sent: Number(sent),
  }));
export const receiptRow = z
  .object({ at_ms: millis, session: text, command: text, digest: text, state: text, reason: text })
  .transform(({ at_ms: atMs, ...row }) => ({ ...row, atMs }));
