import { HEADER } from '../api/header-names.ts';

/** What a CloudEvent says of itself besides its body. */
export interface EventAttributes {
  readonly id: string;
  /** Writer, as a URI reference (`/ingester/pod-1`). */
  readonly source: string;
  /** `ai.usekestrel.<noun>.<verb>.v1` */
  readonly type: string;
  readonly time: Date;
  /** What it is about, in words a person knows. */
  readonly subject?: string;
  /** Digest of the record, on resources. */
  readonly digest?: string;
}

const TYPE = /^ai\.usekestrel\.[a-z0-9_]+\.[a-z0-9_]+\.v\d+$/;

/**
 * Headers of a CloudEvent 1.0 in binary mode with a JSON body. Values are percent-encoded as the specification's HTTP
 * binding does it (3.1.3.2), so any text is safe in them.
 *
 * @throws Error for a type that is not ours: a programmer's mistake.
 */
export function eventHeaders(o: EventAttributes): Record<string, string> {
  if (!TYPE.test(o.type)) throw new Error(`not an event type of this product: ${o.type}`);
  return {
    'ce-specversion': '1.0',
    'ce-id': encodeHeaderValue(o.id),
    'ce-source': encodeHeaderValue(o.source),
    'ce-type': o.type,
    'ce-time': o.time.toISOString(),
    ...(o.subject === undefined ? {} : { 'ce-subject': encodeHeaderValue(o.subject) }),
    'content-type': 'application/json',
    ...(o.digest === undefined ? {} : { [HEADER.digest]: o.digest }),
  };
}

/** Percent-encodes what a header value may not hold as it is: all but printable ASCII, and space, `"` and `%`. */
export function encodeHeaderValue(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\x21\x23\x24\x26-\x7e]/gu, (character) =>
      Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    );
}

/** Undoes {@link encodeHeaderValue}; text that it never makes comes back as it is. */
export function decodeHeaderValue(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded UTF-8: another program's header, shown as it stands.
    return text;
  }
}
