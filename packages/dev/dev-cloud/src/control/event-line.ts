import { parseHeaderBlock } from '../events/header-block.ts';
import type { StoreReader } from '../store/store-reader.ts';
import { toJson } from './json.ts';

type EventRow = ReturnType<StoreReader['events']>[number];

const nsPerMs = 1_000_000n;

/** An event as people and tests read it: `stream, epoch, seq, subject, time, attributes, data`, and how it came. */
export interface EventView {
  readonly stream: string;
  readonly epoch: string;
  readonly seq: bigint;
  readonly subject: string;
  /** When the stream took it. */
  readonly time: string;
  /** The message's headers. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The payload; undefined when it is not JSON. */
  readonly data: unknown;
  /** The payload, when it is not JSON. */
  readonly dataBase64?: string;
  /** The snapshot that brought it. */
  readonly snapshot?: string;
  /** Why the cloud can't use it. */
  readonly rejected?: string;
}

export function eventView(row: EventRow): EventView {
  const { stream, epoch, seq, subject, timeNs, snapshot, rejected } = row;
  const data = parse(row.data);
  return {
    stream,
    epoch,
    seq,
    subject,
    time: new Date(Number(timeNs / nsPerMs)).toISOString(),
    attributes: parseHeaderBlock(row.headers) ?? {},
    data,
    ...(data === undefined ? { dataBase64: Buffer.from(row.data).toString('base64') } : {}),
    ...(snapshot === null ? {} : { snapshot }),
    ...(rejected === null ? {} : { rejected }),
  };
}

/** One line of `/events`. */
export const eventLine = (row: EventRow): string => `${toJson(eventView(row))}\n`;

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined; // shown in base64 instead
  }
}
