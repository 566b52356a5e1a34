import { digest } from '@kestrel/bus';
import type { Event } from '@kestrel/proto/cloud';
import { EVENT_TYPES } from '@kestrel/proto/events';

/** A header block as it comes off the bus. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`NATS/1.0\r\n${lines.join('')}\r\n`);
}

/** CloudEvents headers of an event. */
export function eventHeaders(type: string, over: Readonly<Record<string, string>> = {}): Buffer {
  return headerBlock({
    'ce-specversion': '1.0',
    'ce-id': 'writer-0/boot/1',
    'ce-source': 'test',
    'ce-type': type,
    'ce-time': '2026-01-01T00:00:00.000Z',
    'content-type': 'application/json',
    ...over,
  });
}

/** Nanoseconds of a stream's clock, one second a sequence. */
export const timeOf = (seq: number): bigint => 1_700_000_000_000_000_000n + BigInt(seq) * 1_000_000_000n;

function event(seq: number, subject: string, headers: Buffer, data: unknown): Event {
  const bytes = Buffer.from(JSON.stringify(data));
  return { seq: BigInt(seq), subject, streamTimeNs: timeOf(seq), headers, data: bytes, part: 0, parts: 0 };
}

const podSubject = (name: string): string => `kestrel.resources.core.Pod.shop.${name}`;
const podRef = (name: string) => ({ version: 'v1', kind: 'Pod', namespace: 'shop', name });

const podRecord = (seq: number, name: string) => ({ ref: podRef(name), labels: { app: name, revision: String(seq) } });

/** The digest of that pod's record. */
export const podDigest = (seq: number, name: string): string => digest(podRecord(seq, name));

/** A pod as the ingester would publish it, another one at each sequence. */
export function pod(seq: number, name: string): Event {
  const headers = eventHeaders(EVENT_TYPES.resourceObserved, { 'Kestrel-Digest': podDigest(seq, name) });
  return event(seq, podSubject(name), headers, podRecord(seq, name));
}

/** A pod's tombstone. */
export function podGone(seq: number, name: string): Event {
  const data = { ref: podRef(name), reason: 'REASON_WATCHED' };
  return event(seq, podSubject(name), eventHeaders(EVENT_TYPES.resourceDeleted), data);
}

export const fence = (seq: number): Event =>
  event(seq, 'kestrel.resources._fence.0', headerBlock({}), { holder: 'ingester-0' });

/** A service's change of state, on KESTREL_EVENTS. */
export function statusChange(seq: number): Event {
  const data = { service: 'ingester', instance: 'ingester-0', component: 'watch Pod', ready: true };
  return event(seq, 'kestrel.events.ingester.status', eventHeaders(EVENT_TYPES.statusChanged), data);
}
