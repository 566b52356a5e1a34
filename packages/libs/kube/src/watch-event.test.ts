import { describe, expect, it } from 'vitest';
import { decodeWatchLine } from './watch-event.ts';

const TYPE = { apiVersion: 'v1', kind: 'Pod' };
const METADATA = { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '7' };

function decode(value: unknown) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return decodeWatchLine({ kind: 'whole', bytes: Buffer.from(text) }, TYPE);
}

describe('decodeWatchLine', () => {
  it('given an object with managedFields, when decoded, then all but those is there', () => {
    const object = { ...TYPE, metadata: { ...METADATA, managedFields: [{ manager: 'm' }] }, spec: { x: [1] } };
    expect(decode({ type: 'MODIFIED', object })).toEqual({
      type: 'MODIFIED',
      object: { ...object, metadata: { ...METADATA, managedFields: [] } },
    });
  });

  it.each([
    [undefined, false],
    [{ 'k8s.io/initial-events-end': 'true' }, true],
    [{ 'k8s.io/initial-events-end': 'false' }, false],
  ])('given a bookmark with annotations %j, when decoded, then initialEventsEnd is %s', (annotations, end) => {
    const object = { ...TYPE, metadata: { resourceVersion: '9', annotations } };
    expect(decode({ type: 'BOOKMARK', object })).toEqual({
      type: 'BOOKMARK',
      resourceVersion: '9',
      initialEventsEnd: end,
    });
  });

  it('given an ERROR event, when decoded, then its Status is there', () => {
    const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
    expect(decode({ type: 'ERROR', object })).toMatchObject({
      type: 'ERROR',
      status: { code: 410, reason: 'Expired' },
    });
  });

  it.each([
    ['{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"n","uid":"u"},"secret":', 'not_json', 'a'],
    ['{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u"}}}', 'unexpected_shape', 'a'],
    ['{"type":"ADDED","object":null}', 'unexpected_shape', undefined],
    ['{"type":"GONE","object":{}}', 'unexpected_shape', undefined],
    ['{"type":"BOOKMARK","object":{}}', 'unexpected_shape', undefined],
    ['{"type":"ERROR","object":{}}', 'unexpected_shape', undefined],
    ['42', 'unexpected_shape', undefined],
  ])('given %s, when decoded, then it is reported as %s with the name %s', (text, reason, name) => {
    const event = decode(text);
    expect(event).toMatchObject({ type: 'UNDECODABLE', info: { reason, bytes: text.length } });
    expect(event.type === 'UNDECODABLE' ? event.info.ref?.name : 'decoded').toBe(name);
  });

  it('given broken JSON with a secret in it, when reported, then its content is not in the report', () => {
    const event = decode('{"type":"ADDED","object":{"spec":{"password": hunter2}}}');
    expect(event).toMatchObject({ type: 'UNDECODABLE' });
    expect(JSON.stringify(event)).not.toContain('hunter2');
  });

  it('given a line that was too long, when decoded, then its start says which object it was', () => {
    const start = Buffer.from(`{"type":"MODIFIED","object":{"kind":"Pod","metadata":${JSON.stringify(METADATA)},"sp`);
    expect(decodeWatchLine({ kind: 'too_long', start, length: 9_000_000 }, TYPE)).toEqual({
      type: 'UNDECODABLE',
      info: {
        reason: 'too_large',
        detail: 'larger than the limit for one event',
        bytes: 9_000_000,
        event: 'MODIFIED',
        ref: { namespace: 'n', name: 'a', uid: 'u' },
      },
    });
  });
});
