import { decodeHeaderValue, HEADER, type StoredMessage, type StreamName } from '@kestrel/bus';
import { reasonOf } from '../failure-line.ts';

/** A stored message, decoded, as `-o json` writes it. */
export interface EventView {
  readonly stream: StreamName;
  readonly seq: number;
  /** When the server stored it. */
  readonly time: string;
  readonly subject: string;
  /** The CloudEvents attributes by their names in the specification; empty for what is no CloudEvent (a fence). */
  readonly attributes: Readonly<Record<string, string>>;
  /** All other headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body: JSON as it is, else as text or, if it is no text, in base64. */
  readonly data: unknown;
  /** Why `data` is not JSON though the message says so. */
  readonly undecodable?: string;
}

/** What is decoded, wherever it was read. */
export type StoredEvent = Pick<StoredMessage, 'subject' | 'seq' | 'time' | 'data'> & {
  readonly headers: Iterable<readonly [name: string, value: string]>;
};

/** Added by the server to what it answers with, not part of the message. */
const ANSWER_HEADERS = new Set<string>([
  HEADER.sequence,
  HEADER.timeStamp,
  HEADER.subject,
  'Nats-Stream',
  'Nats-Num-Pending',
  'Nats-Last-Sequence',
]);

/** Decodes a message; one that can't be decoded is shown with the reason. Pure. */
export function viewEvent(stream: StreamName, stored: StoredEvent): EventView {
  const attributes: Record<string, string> = {};
  const headers: Record<string, string> = {};
  for (const [name, value] of stored.headers) {
    const lower = name.toLowerCase();
    if (lower.startsWith('ce-')) attributes[lower.slice(3)] = decodeHeaderValue(value);
    else if (lower === 'content-type') attributes['datacontenttype'] = value;
    else if (!ANSWER_HEADERS.has(name)) headers[name] = value;
  }
  const { seq, subject, time, data } = stored;
  const body = decodeBody(data, attributes['datacontenttype']);
  return { stream, seq, time: time.toISOString(), subject, attributes, headers, ...body };
}

function decodeBody(bytes: Uint8Array, contentType: string | undefined): Pick<EventView, 'data' | 'undecodable'> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { data: Buffer.from(bytes).toString('base64'), undecodable: 'not UTF-8, shown in base64' };
  }
  if (contentType !== 'application/json') return { data: text };
  try {
    return { data: JSON.parse(text) };
  } catch (error) {
    return { data: text, undecodable: reasonOf(error) };
  }
}

/** The headers of a block as it came off the wire: `NATS/1.0\r\nName: value\r\n…\r\n\r\n`. */
export function headerPairs(block: Uint8Array): [name: string, value: string][] {
  return Buffer.from(block)
    .toString('utf8')
    .split('\r\n')
    .slice(1)
    .flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()]];
    });
}
