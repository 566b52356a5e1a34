import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeRecord, nextTerm, readLeaseRecord, readTerm } from './lease-record.ts';

describe('lease records', () => {
  test('given a record then it is read as it was written', () => {
    const record = { holder: 'pod-1/boot', term: 3, renewals: 0 };
    expect(readLeaseRecord(encodeRecord(record))).toEqual(record);
    expect(readTerm(encodeRecord({ term: 7 }))).toBe(7);
  });

  test.each([
    '',
    '{',
    '{}',
    '{"holder":"","term":1,"renewals":0}',
    '{"holder":"x","term":0,"renewals":0}',
    '{"stream":"S","seq":1}',
  ])('given %j then it holds nobody', (text) => {
    expect(readLeaseRecord(Buffer.from(text))).toBeUndefined();
    expect(readTerm(Buffer.from(text.replace('"term":1', '"t":1')))).toBe(0);
  });

  test('given any terms that were seen then the next is above all', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), (seen) => {
        const term = nextTerm(...seen);
        expect(term).toBeGreaterThan(0);
        for (const one of seen) expect(term).toBeGreaterThan(one);
      }),
    );
  });
});
