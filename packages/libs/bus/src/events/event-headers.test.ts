import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeHeaderValue, encodeHeaderValue, eventHeaders } from './event-headers.ts';
import { EventIds } from './event-ids.ts';

describe('event headers', () => {
  test('given any text then it is a safe header value, and comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const value = encodeHeaderValue(text);
        expect(value).toMatch(/^[\x21-\x7e]*$/);
        expect(decodeHeaderValue(value)).toBe(text.toWellFormed());
      }),
    );
  });

  test('given an event then its headers are CloudEvents in binary mode', () => {
    const o = { id: 'w/b/1', source: '/ingester/w', type: 'ai.usekestrel.resource.observed.v1', time: new Date(0) };
    expect(eventHeaders({ ...o, subject: 'Pod ä', digest: 'd' })).toEqual({
      'ce-specversion': '1.0',
      'ce-id': 'w/b/1',
      'ce-source': '/ingester/w',
      'ce-type': 'ai.usekestrel.resource.observed.v1',
      'ce-time': '1970-01-01T00:00:00.000Z',
      'ce-subject': 'Pod%20%C3%A4',
      'content-type': 'application/json',
      'Kestrel-Digest': 'd',
    });
    expect(eventHeaders(o)).not.toHaveProperty('Kestrel-Digest');
    expect(() => eventHeaders({ ...o, type: 'com.example.x' })).toThrow('not an event type');
  });

  test('given another program header value then it is shown as it stands', () => {
    expect(decodeHeaderValue('100%')).toBe('100%');
  });
});

describe('event ids', () => {
  test('given writers and boots then no id comes twice', () => {
    const ids = [new EventIds('a', '1'), new EventIds('a', '2'), new EventIds('a/1', '2')].flatMap((one) => [
      one.next(),
      one.next(),
    ]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toBe('a/1/1');
    expect(() => new EventIds('a', '1/2')).toThrow('boot');
  });
});
