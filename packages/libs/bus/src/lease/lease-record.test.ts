import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeRecord, nextTerm, readLeaseRecord, readTerm, TERM_MAX } from './lease-record.ts';

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

  test('given the highest terms then the last one that is given out can still be read', () => {
    const term = nextTerm(TERM_MAX - 1);
    expect(term).toBe(TERM_MAX);
    expect(readTerm(encodeRecord({ term }))).toBe(TERM_MAX);
    expect(readLeaseRecord(encodeRecord({ holder: 'x', term, renewals: 0 }))?.term).toBe(TERM_MAX);
  });

  test.each([TERM_MAX, Number.MAX_SAFE_INTEGER, 2 ** 53, 2 ** 63, Number.POSITIVE_INFINITY, Number.NaN, 1.5])(
    'given %d as a term that was seen then no term follows it',
    (hostile) => {
      expect(() => nextTerm(1, hostile, 2)).toThrow(expect.objectContaining({ code: 'term_invalid' }));
    },
  );
});
