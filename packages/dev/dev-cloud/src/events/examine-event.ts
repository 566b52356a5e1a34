import { digest } from '@kestrel/bus';
import {
  EVENT_TYPES,
  Finding,
  L4Edge,
  L7Edge,
  LossRecord,
  RejectedEvent,
  Resource,
  ResourceDeleted,
  ResourceOversize,
  StatusChange,
  Window,
  type EventType,
} from '@kestrel/proto/events';
import type { StreamRules } from '../streams.ts';
import { parseHeaderBlock } from './header-block.ts';

/** Why the cloud can't use an event. It counts as committed all the same. */
export type RejectionCode = 'headers_invalid' | 'type_unknown' | 'type_misplaced' | 'undecodable' | 'digest_wrong';

/** What the cloud made of an event. */
export interface Examined {
  readonly type: string | undefined;
  readonly id: string | undefined;
  /** The header Kestrel-Digest. */
  readonly digest: string | undefined;
  readonly rejected: RejectionCode | undefined;
}

const required = ['ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-time'] as const;
const utf8 = new TextDecoder('utf-8', { fatal: true });
const fenceSubject = /^kestrel\.resources\._fence\./;

/** Each type's decoder: it throws on what is not the message. Types that the contracts only announce are plain JSON. */
const decoders: Readonly<Record<EventType, (json: object) => unknown>> = {
  [EVENT_TYPES.resourceObserved]: (json) => named(Resource.fromJSON(json).ref),
  [EVENT_TYPES.resourceDeleted]: (json) => named(ResourceDeleted.fromJSON(json).ref),
  [EVENT_TYPES.resourceOversize]: (json) => named(ResourceOversize.fromJSON(json).ref),
  [EVENT_TYPES.lossRecorded]: (json) => LossRecord.fromJSON(json),
  [EVENT_TYPES.statusChanged]: (json) => StatusChange.fromJSON(json),
  [EVENT_TYPES.eventRejected]: (json) => RejectedEvent.fromJSON(json),
  [EVENT_TYPES.findingReported]: (json) => Finding.fromJSON(json),
  [EVENT_TYPES.windowClosed]: (json) => Window.fromJSON(json),
  [EVENT_TYPES.l4EdgeObserved]: (json) => L4Edge.fromJSON(json),
  [EVENT_TYPES.l7EdgeObserved]: (json) => L7Edge.fromJSON(json),
  [EVENT_TYPES.commandReceived]: (json) => json,
};

/** A fence is an ordinary message of RESOURCES that holds no event: it is committed and nothing else. */
export const isFence = (subject: string): boolean => fenceSubject.test(subject);

/** Reads an event as its ce-type says: a CloudEvent in binary mode with the JSON of one message. */
export function examineEvent(rules: StreamRules, subject: string, headers: Uint8Array, data: Uint8Array): Examined {
  const block = parseHeaderBlock(headers);
  const type = block?.['ce-type'];
  const about = { type, id: block?.['ce-id'], digest: block?.['Kestrel-Digest'] };
  if (isFence(subject)) return { ...about, rejected: undefined };
  if (!block || required.some((name) => !block[name])) return { ...about, rejected: 'headers_invalid' };
  return {
    ...about,
    rejected: type === undefined ? 'headers_invalid' : (judgePayload(rules, type, data) ?? judgeDigest(about, data)),
  };
}

function judgePayload(rules: StreamRules, type: string, data: Uint8Array): RejectionCode | undefined {
  if (!isKnown(type)) {
    if (rules.types || !type.startsWith('ai.usekestrel.')) return 'type_unknown';
    return parseObject(data) ? undefined : 'undecodable';
  }
  if (rules.types && !rules.types.has(type)) return 'type_misplaced';
  const json = parseObject(data);
  if (!json) return 'undecodable';
  try {
    decoders[type](json);
    return undefined;
  } catch {
    return 'undecodable'; // that is the finding, not a failure: the event is kept with this code
  }
}

/** The digest is what tests compare: it must be that of the very bytes that came, without the resourceVersion. */
function judgeDigest(
  about: { readonly type: string | undefined; readonly digest: string | undefined },
  data: Uint8Array,
): RejectionCode | undefined {
  if (about.type !== EVENT_TYPES.resourceObserved) return undefined;
  const record: Record<string, unknown> = { ...parseObject(data) };
  const ref = typeof record['ref'] === 'object' ? { ...record['ref'], resourceVersion: undefined } : undefined;
  return digest({ ...record, ref }) === about.digest ? undefined : 'digest_wrong';
}

const isKnown = (type: string): type is EventType => Object.hasOwn(decoders, type);

function parseObject(data: Uint8Array): object | undefined {
  try {
    const json: unknown = JSON.parse(utf8.decode(data));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function named(ref: { kind: string; name: string } | undefined): void {
  if (!ref?.kind || !ref.name) throw new Error('the record names no object');
}
