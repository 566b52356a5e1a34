import { EventIds, RESOURCE_EVENT_BYTES_MAX } from '@kestrel/bus';
import { Resource, ResourceDeleted_Reason, ResourceOversize } from '@kestrel/proto/events';
import { describe, expect, test } from 'vitest';
import { Entry } from '../core/mirror/entry.ts';
import { encodeRecord, objectRef } from '../core/record.ts';
import { kindTable } from '../kinds/kind-table.ts';
import { ResourceMessages } from './resource-messages.ts';

const clock = { nowMs: () => Date.UTC(2026, 0, 2), monotonicMs: () => 0 };
const messages = new ResourceMessages({
  ids: new EventIds('i', 'boot'),
  source: '/clusters/c/ingester',
  tombstoneTtlMs: 1_500,
  clock,
});

function entryOf(labels: Record<string, string>): Entry {
  const [namespaces] = kindTable({ istioRootNamespace: 'istio-system' });
  if (namespaces === undefined) throw new Error('the table is empty');
  const entry = new Entry(namespaces, {
    subject: 'kestrel.resources.core.Namespace._.n',
    namespace: '',
    name: 'n',
    uid: 'u',
  });
  const ref = objectRef({ kind: 'Namespace', version: 'v1', name: 'n', uid: 'u', resourceVersion: '7' });
  Object.assign(entry, encodeRecord(Resource.fromPartial({ ref, labels })));
  return entry;
}

describe('given an entry of the mirror', () => {
  test('when it is written, then as a CloudEvent with its digest and an id of its own', () => {
    const entry = entryOf({ a: 'b' });
    const first = messages.observed(entry);
    expect(first).toMatchObject({ subject: entry.subject, data: entry.bytes });
    expect(first.headers).toEqual({
      'ce-specversion': '1.0',
      'ce-id': first.msgId,
      'ce-source': '/clusters/c/ingester',
      'ce-type': 'ai.usekestrel.resource.observed.v1',
      'ce-time': '2026-01-02T00:00:00.000Z',
      'content-type': 'application/json',
      'Kestrel-Digest': entry.digest,
    });
    expect(messages.observed(entry).msgId).not.toBe(first.msgId);
  });

  test('when its record is larger than a message may be, then a stub stands in, with the digest of the whole', () => {
    const entry = entryOf({ large: 'x'.repeat(RESOURCE_EVENT_BYTES_MAX) });
    const message = messages.observed(entry);
    expect(message.headers).toMatchObject({
      'ce-type': 'ai.usekestrel.resource.oversize.v1',
      'Kestrel-Digest': entry.digest,
    });
    const stub = ResourceOversize.fromJSON(JSON.parse(Buffer.from(message.data).toString()));
    expect(stub).toMatchObject({
      ref: { name: 'n', uid: 'u' },
      sizeBytes: BigInt(entry.bytes.length),
      digest: entry.digest,
    });
  });
});

describe('given an object that is gone', () => {
  test('when it is written, then as a tombstone without digest that the server drops in time', () => {
    const ref = objectRef({ kind: 'Namespace', name: 'n' });
    const message = messages.deleted({ subject: 's', ref, reason: ResourceDeleted_Reason.NOT_LISTED });
    expect(message.headers).toMatchObject({ 'ce-type': 'ai.usekestrel.resource.deleted.v1', 'Nats-TTL': '2s' });
    expect(message.headers).not.toHaveProperty('Kestrel-Digest');
    expect(JSON.parse(Buffer.from(message.data).toString())).toEqual({
      ref: { kind: 'Namespace', name: 'n' },
      reason: 'REASON_NOT_LISTED',
    });
  });
});
