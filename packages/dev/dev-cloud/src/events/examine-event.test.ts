import { digest } from '@kestrel/bus';
import { describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '@kestrel/proto/events';
import { STREAM_RULES, type StreamRules } from '../streams.ts';
import { examineEvent } from './examine-event.ts';

const subject = 'kestrel.resources.core.Pod.shop.web';
const pod = { ref: { version: 'v1', kind: 'Pod', namespace: 'shop', name: 'web' } };

function rulesOf(stream: string): StreamRules {
  const rules = STREAM_RULES.get(stream);
  if (!rules) throw new Error(`no stream ${stream}`);
  return rules;
}

function headers(over: Record<string, string | undefined> = {}): Buffer {
  const all = {
    'ce-specversion': '1.0',
    'ce-id': 'a/b/1',
    'ce-source': 'test',
    'ce-type': EVENT_TYPES.resourceObserved,
    'ce-time': '2026-01-01T00:00:00Z',
    'Kestrel-Digest': digest(pod),
    ...over,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
  return Buffer.from(`NATS/1.0\r\n${lines.join('')}\r\n`);
}

function verdict(data: string | Buffer, over: Record<string, string | undefined> = {}, stream = 'KESTREL_RESOURCES') {
  return examineEvent(rulesOf(stream), subject, headers(over), Buffer.from(data)).rejected;
}

describe('an event', () => {
  test('given a resource, then it is taken with its type and digest', () => {
    const examined = examineEvent(
      rulesOf('KESTREL_RESOURCES'),
      subject,
      headers({ 'Kestrel-Digest': digest(pod) }),
      Buffer.from(JSON.stringify(pod)),
    );
    expect(examined).toEqual({
      type: EVENT_TYPES.resourceObserved,
      id: 'a/b/1',
      digest: digest(pod),
      rejected: undefined,
    });
  });

  test('given a resource at another resourceVersion, then its digest is the same', () => {
    const later = { ...pod, ref: { ...pod.ref, resourceVersion: '77' } };
    expect(verdict(JSON.stringify(later), { 'Kestrel-Digest': digest(pod) })).toBeUndefined();
  });

  test('given a resource whose body is not what its digest says, then it is of no use', () => {
    expect(verdict(JSON.stringify({ ...pod, labels: { app: 'other' } }))).toBe('digest_wrong');
  });

  test.each([
    ['no JSON', '{'],
    ['JSON that is no object', '[1]'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['a record without an object', '{}'],
  ])('given %s, then it is undecodable', (_what, data) => {
    expect(verdict(data)).toBe('undecodable');
  });

  test('given an enum name that the contract lacks, then it is undecodable', () => {
    const data = JSON.stringify({ source: 'x', reason: 'LOSS_REASON_DOG_ATE_IT' });
    expect(verdict(data, { 'ce-type': EVENT_TYPES.lossRecorded }, 'KESTREL_EVENTS')).toBe('undecodable');
  });

  test.each(['ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-time'])(
    'given no %s, then its headers are invalid',
    (name) => {
      expect(verdict(JSON.stringify(pod), { [name]: undefined })).toBe('headers_invalid');
    },
  );

  test('given a type of another stream, then it is misplaced', () => {
    expect(verdict('{}', { 'ce-type': EVENT_TYPES.windowClosed })).toBe('type_misplaced');
  });

  test('given a type that nobody knows, then it is unknown, but on a stream without a list our own are taken', () => {
    expect(verdict('{}', { 'ce-type': 'ai.usekestrel.thing.done.v1' })).toBe('type_unknown');
    expect(verdict('{}', { 'ce-type': 'ai.usekestrel.thing.done.v1' }, 'KESTREL_AUDIT')).toBeUndefined();
    expect(verdict('{}', { 'ce-type': 'com.example.thing' }, 'KESTREL_AUDIT')).toBe('type_unknown');
  });

  test('given a fence, then it is taken whatever it holds', () => {
    const rules = rulesOf('KESTREL_RESOURCES');
    const examined = examineEvent(rules, 'kestrel.resources._fence.0', new Uint8Array(), Buffer.from('x'));
    expect(examined.rejected).toBeUndefined();
  });
});
