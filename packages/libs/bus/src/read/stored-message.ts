import type { Msg } from '@nats-io/transport-node';

/** A message as it stands in a stream. */
export interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  /** When the server stored it. */
  readonly time: Date;
  /** The header block as it came off the wire, `NATS/1.0\r\n…\r\n\r\n`; empty if it has none. */
  readonly headers: Uint8Array;
  readonly data: Uint8Array;
  /** Messages of the same reader that were waiting behind it when it was sent. */
  readonly pending: number;
  /** The first value of one header (exact name). */
  header(name: string): string | undefined;
}

const NO_BYTES = new Uint8Array(0);

/**
 * The header block of a delivered message, byte for byte. The client library decodes headers on demand and keeps the
 * received bytes to itself; encoding them again would not always give the same bytes.
 *
 * @throws Error if the library no longer keeps them where version 3.4 does (its version is pinned, a test looks).
 */
export function rawHeaders(message: Msg): Uint8Array {
  const received: unknown = Reflect.get(message, '_rdata');
  const argument: unknown = Reflect.get(message, '_msg');
  if (typeof argument !== 'object' || argument === null || !('hdr' in argument)) throw changed();
  const { hdr } = argument;
  if (typeof hdr !== 'number') throw changed();
  if (hdr <= 0) return NO_BYTES;
  if (!(received instanceof Uint8Array)) throw changed();
  return received.subarray(0, hdr);
}

function changed(): Error {
  return new Error('the NATS client keeps received headers elsewhere than version 3.4 does');
}

/** Where a delivered message stands, from its acknowledgement subject (ADR-15). */
export interface Delivery {
  readonly streamSeq: number;
  readonly consumerSeq: number;
  readonly time: Date;
  readonly pending: number;
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time ns>.<pending>`, also in the later form
 * with domain and account before the stream; `undefined` for any other subject.
 */
export function readDelivery(ackSubject: string): Delivery | undefined {
  const tokens = ackSubject.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9 || tokens.length === 10) return undefined;
  const at = tokens.length === 9 ? 5 : 7;
  const [streamSeq, consumerSeq, nanoseconds, pending] = tokens.slice(at, at + 4).map(Number);
  if (!isCount(streamSeq) || !isCount(consumerSeq) || !isCount(nanoseconds) || !isCount(pending)) return undefined;
  return { streamSeq, consumerSeq, time: new Date(nanoseconds / 1e6), pending };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0;
}

/** A delivered message together with where it stands. */
export function storedMessage(message: Msg, delivery: Delivery): StoredMessage {
  return {
    subject: message.subject,
    seq: delivery.streamSeq,
    time: delivery.time,
    pending: delivery.pending,
    headers: rawHeaders(message),
    data: message.data,
    header: (name) => (message.headers?.has(name) ? message.headers.get(name) : undefined),
  };
}
