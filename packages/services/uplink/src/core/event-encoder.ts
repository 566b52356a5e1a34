/** An event, or one part of it, as it goes into an EventList. Structurally a StoredMessage of the bus. */
export interface EncodableEvent {
  readonly seq: number;
  readonly subject: string;
  readonly time: Date;
  readonly headers: Uint8Array;
  readonly data: Uint8Array;
}

/** Which part of an event, from 1; absent when it is whole. */
export interface PartNumber {
  readonly part: number;
  readonly parts: number;
}

// Tags of kestrel.cloud.v1: field number × 8 + wire type.
const eventsTag = 0x0a;
const seqTag = 0x08;
const subjectTag = 0x12;
const streamTimeTag = 0x18;
const headersTag = 0x22;
const dataTag = 0x2a;
const partTag = 0x30;
const partsTag = 0x38;

const word = 2 ** 32;

/** Bytes of an event's content in an EventList, without its own tag and length. */
function contentBytes(event: EncodableEvent, part: PartNumber | undefined): number {
  return (
    1 +
    varintBytes(event.seq) +
    delimitedBytes(Buffer.byteLength(event.subject)) +
    1 +
    nanosecondsBytes(event.time.getTime()) +
    delimitedBytes(event.headers.length) +
    delimitedBytes(event.data.length) +
    (part === undefined ? 0 : 2 + varintBytes(part.part) + varintBytes(part.parts))
  );
}

/** Bytes that an event takes in an EventList. */
export function encodedBytes(event: EncodableEvent, part?: PartNumber): number {
  return delimitedBytes(contentBytes(event, part));
}

/**
 * Encodes a `kestrel.cloud.v1.EventList`, the one message of which there are ten thousands a second: written straight into
 * one buffer, bytes copied once. Equal to what the generated code decodes and encodes (a test compares).
 */
export function encodeEventList(events: readonly EncodableEvent[], part?: PartNumber): Buffer {
  const sizes = events.map((event) => contentBytes(event, part));
  const total = sizes.reduce((sum, size) => sum + delimitedBytes(size), 0);
  const out = Buffer.allocUnsafe(total);
  let at = 0;
  for (const [index, event] of events.entries()) {
    out[at] = eventsTag;
    at = writeVarint(out, at + 1, sizes[index] ?? 0);
    at = writeEvent(out, at, event, part);
  }
  if (at !== total) throw new Error(`an event list of ${total} bytes was encoded into ${at}`);
  return out;
}

function writeEvent(out: Buffer, start: number, event: EncodableEvent, part: PartNumber | undefined): number {
  let at = start;
  out[at] = seqTag;
  at = writeVarint(out, at + 1, event.seq);
  out[at] = subjectTag;
  at = writeVarint(out, at + 1, Buffer.byteLength(event.subject));
  at += out.write(event.subject, at, 'utf8');
  out[at] = streamTimeTag;
  at = writeNanoseconds(out, at + 1, event.time.getTime());
  out[at] = headersTag;
  at = writeBytes(out, at + 1, event.headers);
  out[at] = dataTag;
  at = writeBytes(out, at + 1, event.data);
  if (part === undefined) return at;
  out[at] = partTag;
  at = writeVarint(out, at + 1, part.part);
  out[at] = partsTag;
  return writeVarint(out, at + 1, part.parts);
}

function writeBytes(out: Buffer, start: number, bytes: Uint8Array): number {
  const at = writeVarint(out, start, bytes.length);
  out.set(bytes, at);
  return at + bytes.length;
}

/** A base-128 varint of a whole number below 2^53. */
function writeVarint(out: Buffer, start: number, value: number): number {
  let rest = value;
  let at = start;
  while (rest >= 0x80) {
    out[at] = (rest % 0x80) + 0x80;
    rest = Math.floor(rest / 0x80);
    at += 1;
  }
  out[at] = rest;
  return at + 1;
}

/** Between these, nanoseconds take nine bytes: from 1972 to 2262. A clock outside of that is wrong, but not our end. */
const nineByteMsMin = 72_057_595;
const nineByteMsMax = 9_223_372_036_854;

/** Milliseconds as nanoseconds, above 2^53: in two words of 32 bits, since BigInt costs ten times as much. */
function writeNanoseconds(out: Buffer, start: number, ms: number): number {
  if (!isNineBytes(ms)) return writeBigVarint(out, start, nanoseconds(ms));
  const upper = Math.floor(ms / 0x1_0000) * 1_000_000; // × 2^16
  const lower = (upper % 0x1_0000) * 0x1_0000 + (ms % 0x1_0000) * 1_000_000;
  let high = Math.floor(upper / 0x1_0000) + Math.floor(lower / word);
  let low = lower % word;
  let at = start;
  for (let index = 0; index < 8; index += 1) {
    out[at] = (low % 0x80) + 0x80;
    low = Math.floor(low / 0x80) + (high % 0x80) * 0x200_0000;
    high = Math.floor(high / 0x80);
    at += 1;
  }
  out[at] = low;
  return at + 1;
}

function nanosecondsBytes(ms: number): number {
  return isNineBytes(ms) ? 9 : Math.max(1, Math.ceil(nanoseconds(ms).toString(2).length / 7));
}

function isNineBytes(ms: number): boolean {
  return ms >= nineByteMsMin && ms <= nineByteMsMax;
}

function nanoseconds(ms: number): bigint {
  return ms > 0 ? BigInt(Math.floor(ms)) * 1_000_000n : 0n;
}

function writeBigVarint(out: Buffer, start: number, value: bigint): number {
  let rest = value;
  let at = start;
  for (; rest >= 0x80n; at += 1) {
    out[at] = Number(rest & 0x7fn) + 0x80;
    rest >>= 7n;
  }
  out[at] = Number(rest);
  return at + 1;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

function delimitedBytes(length: number): number {
  return 1 + varintBytes(length) + length;
}
