import { HEADER } from '../api/header-names.ts';
import type { Outgoing, Stored } from './outgoing.ts';

/** `batch`: all or nothing, one answer for all. `pieces`: an answer for each message. */
export type ShipmentMode = 'batch' | 'pieces';

/** What was handed to the publisher in one call and is not yet acknowledged. */
export interface Shipment {
  readonly id: number;
  readonly messages: readonly Outgoing[];
  mode: ShipmentMode;
  /** Counts sendings; answers to an older attempt can only be good news. */
  attempt: number;
  /** Monotonic time of the first sending; `undefined` while it was never sent. */
  firstSentMs: number | undefined;
  /** When the present attempt is given up; `undefined` while nothing is on its way. */
  deadlineMs: number | undefined;
  /** Answers by place, in mode `pieces`. */
  stored: (Stored | undefined)[];
  /** Set once the server had a reason to have it sent again; bounds such rounds. */
  refusals: number;
  resolve(stored: readonly Stored[], lastSeq: number): void;
  reject(error: unknown): void;
}

/** A message as it goes on the wire. Without a token no answer is wanted. */
export interface WireMessage {
  readonly subject: string;
  readonly headers: Record<string, string>;
  readonly data: Uint8Array;
  readonly token?: string;
}

/** Where an answer belongs. */
export interface AnswerToken {
  readonly id: number;
  readonly attempt: number;
  readonly mode: ShipmentMode;
  readonly index: number;
}

/** The messages of one attempt. `batchId` must be new for each attempt: the server may still hold half of an older one. */
export function wireMessages(
  shipment: Shipment,
  fence: Readonly<Record<string, string>>,
  batchId: string,
): WireMessage[] {
  const { messages, mode } = shipment;
  const last = messages.length - 1;
  return messages.flatMap((message, index) => {
    if (mode === 'pieces' && shipment.stored[index]) return [];
    const headers = { ...message.headers, [HEADER.msgId]: message.msgId, ...fence };
    const answered = mode === 'pieces' || index === 0 || index === last;
    const wire = { subject: message.subject, data: message.data };
    return [
      {
        ...wire,
        headers: mode === 'batch' ? { ...headers, ...batchHeaders(batchId, index, last) } : headers,
        ...(answered ? { token: answerToken({ id: shipment.id, attempt: shipment.attempt, mode, index }) } : {}),
      },
    ];
  });
}

function batchHeaders(batchId: string, index: number, last: number): Record<string, string> {
  const headers = { [HEADER.batchId]: batchId, [HEADER.batchSequence]: String(index + 1) };
  return index === last ? { ...headers, [HEADER.batchCommit]: '1' } : headers;
}

/** One subject token that says where an answer belongs. */
export function answerToken(token: AnswerToken): string {
  return `${token.id}-${token.attempt}-${token.mode === 'batch' ? 'b' : 'p'}-${token.index}`;
}

/** Reads what {@link answerToken} made. */
export function readAnswerToken(text: string): AnswerToken | undefined {
  const match = /^(\d+)-(\d+)-([bp])-(\d+)$/.exec(text);
  if (!match) return undefined;
  const [, id, attempt, mode, index] = match;
  return { id: Number(id), attempt: Number(attempt), mode: mode === 'b' ? 'batch' : 'pieces', index: Number(index) };
}

/** Size of a message on the wire, without what the publisher adds (see `HEADERS_ADDED_BYTES`). */
export function messageBytes(message: Outgoing): number {
  let bytes = message.data.length;
  for (const [name, value] of Object.entries(message.headers ?? {}))
    bytes += name.length + Buffer.byteLength(value) + 4;
  return bytes;
}

/** Room for the headers that the publisher adds: message id, fence, batch. */
export const HEADERS_ADDED_BYTES = 1_024;
