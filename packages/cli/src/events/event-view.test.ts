import { EVENT_TYPES } from '@kestrel/proto/events';
import { describe, expect, test } from 'vitest';
import { headerPairs, viewEvent, type StoredEvent } from './event-view.ts';
import { eventLine, summarize } from './summary.ts';

function stored(type: string | undefined, data: unknown, over: Partial<StoredEvent> = {}): StoredEvent {
  const body = typeof data === 'string' ? data : JSON.stringify(data);
  return {
    subject: 'kestrel.events.ingester.loss',
    seq: 7,
    time: new Date(1_000),
    data: Buffer.from(body),
    headers: [...(type === undefined ? [] : [['ce-type', type] as const]), ['content-type', 'application/json']],
    ...over,
  };
}

const said = (type: string, data: unknown, over: Partial<StoredEvent> = {}): string =>
  summarize(viewEvent('KESTREL_EVENTS', stored(type, data, over)));

describe('viewEvent', () => {
  test("given a CloudEvent then attributes, other headers and the body are apart, and the answer's headers are gone", () => {
    const headers = headerPairs(
      Buffer.from(
        'NATS/1.0\r\nce-id: a/b/1\r\nce-subject: Pod%20shop\r\ncontent-type: application/json\r\n' +
          'Nats-Msg-Id: a/b/1\r\nNats-Stream: X\r\nNats-Sequence: 7\r\n\r\n',
      ),
    );
    expect(viewEvent('KESTREL_EVENTS', stored(undefined, { x: 1 }, { headers }))).toEqual({
      stream: 'KESTREL_EVENTS',
      seq: 7,
      time: '1970-01-01T00:00:01.000Z',
      subject: 'kestrel.events.ingester.loss',
      attributes: { id: 'a/b/1', subject: 'Pod shop', datacontenttype: 'application/json' },
      headers: { 'Nats-Msg-Id': 'a/b/1' },
      data: { x: 1 },
    });
  });

  test('given a body that is not the JSON it says it is then it is shown as text with the reason', () => {
    const view = viewEvent('KESTREL_EVENTS', stored(undefined, '{broken'));
    expect(view).toMatchObject({ data: '{broken', undecodable: expect.stringContaining('JSON') });
    expect(summarize(view)).toMatch(/^undecodable: /);
  });

  test('given bytes that are no text then they are shown in base64', () => {
    const view = viewEvent('KESTREL_EVENTS', stored(undefined, '', { data: Uint8Array.of(0xff, 0xfe) }));
    expect(view).toMatchObject({ data: '//4=', undecodable: expect.any(String) });
  });
});

describe('summarize', () => {
  const pod = { group: '', version: 'v1', kind: 'Pod', namespace: 'shop', name: 'cart-1' };

  test.each([
    [
      EVENT_TYPES.resourceObserved,
      {
        ref: pod,
        owners: [
          { kind: 'ReplicaSet', name: 'cart-x' },
          { kind: 'Deployment', name: 'cart' },
        ],
      },
      'Pod shop/cart-1 of Deployment/cart',
    ],
    [EVENT_TYPES.resourceObserved, { ref: { kind: 'Node', name: 'n1' } }, 'Node n1'],
    [
      EVENT_TYPES.resourceDeleted,
      { ref: { ...pod, group: 'apps', kind: 'Deployment' }, reason: 'REASON_NOT_LISTED' },
      'Deployment.apps shop/cart-1 is gone (not listed)',
    ],
    [EVENT_TYPES.resourceOversize, { ref: pod, sizeBytes: '3000000' }, 'Pod shop/cart-1 is left out: 3000000 bytes'],
    [
      EVENT_TYPES.lossRecorded,
      { source: 'ingester', reason: 'LOSS_REASON_NOT_NORMALIZED', count: '1', object: pod, detail: 'bad port' },
      'ingester lost 1 (not normalized): Pod shop/cart-1: bad port',
    ],
    [
      EVENT_TYPES.statusChanged,
      { service: 'ingester', instance: 'i-1', component: 'watch Pod', reason: 'forbidden' },
      'ingester i-1: watch Pod: not ready: forbidden',
    ],
    [
      EVENT_TYPES.eventRejected,
      { stream: 'KESTREL_FLOWS', seq: '9', code: 'undecodable' },
      'KESTREL_FLOWS#9 is rejected: undecodable',
    ],
    [EVENT_TYPES.findingReported, { code: 'mass_shrink_held', summary: 'held' }, 'mass_shrink_held: held'],
    [EVENT_TYPES.windowClosed, { writer: 'w', number: '3', l4: [{}, {}] }, 'window 3 of w: 2 L4 and 0 L7 edges'],
  ])('given %s then it is told in words', (type, data, line) => {
    expect(said(type, data)).toBe(line);
  });

  test('given a body that is not what its type promises then its beginning is shown', () => {
    expect(said(EVENT_TYPES.resourceObserved, { no: 'ref' })).toBe('{"no":"ref"}');
    expect(said('ai.usekestrel.new.thing.v9', { long: 'x'.repeat(500) })).toHaveLength(101);
  });

  test('given text with line breaks then the line stays one', () => {
    const view = viewEvent('KESTREL_EVENTS', stored(EVENT_TYPES.findingReported, { code: 'x', summary: 'a\nb' }));
    expect(eventLine(view)).toBe(
      '1970-01-01T00:00:01.000Z  events#7  finding.reported.v1  kestrel.events.ingester.loss  x: a; b\n',
    );
  });
});
