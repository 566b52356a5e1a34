import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeGap, judgeSequence } from './sequence-rule.ts';

const sequence = fc.bigInt({ min: 0n, max: 2n ** 60n });

describe('the place of a sequence', () => {
  test('given a log, then exactly the next sequence has no fault', () => {
    fc.assert(
      fc.property(sequence, sequence, (position, seq) => {
        const expected = seq <= position ? 'not_above' : seq === position + 1n ? undefined : 'hole';
        expect(judgeSequence(position, seq, false)).toBe(expected);
        expect(judgeSequence(position, position + 1n, false)).toBeUndefined();
      }),
    );
  });

  test('given a compacted stream, then every higher sequence has no fault and no other one is without', () => {
    fc.assert(
      fc.property(sequence, sequence, (position, seq) => {
        expect(judgeSequence(position, seq, true)).toBe(seq <= position ? 'not_above' : undefined);
      }),
    );
  });
});

describe('a gap', () => {
  test.each([
    ['right after the position', { fromSeq: 6n, toSeq: 9n }, undefined],
    ['one sequence', { fromSeq: 6n, toSeq: 6n }, undefined],
    ['what was committed', { fromSeq: 5n, toSeq: 9n }, 'behind_position'],
    ['not all that is missing', { fromSeq: 7n, toSeq: 9n }, 'hole'],
    ['an end before its begin', { fromSeq: 9n, toSeq: 8n }, 'range_invalid'],
    ['sequence 0', { fromSeq: 0n, toSeq: 8n }, 'range_invalid'],
  ] as const)('given a log at 5 and a gap of %s, then it is judged so', (_what, gap, fault) => {
    expect(judgeGap(5n, gap, false)).toBe(fault);
  });

  test('given a compacted stream, then a gap may begin later', () => {
    expect(judgeGap(5n, { fromSeq: 7n, toSeq: 9n }, true)).toBeUndefined();
    expect(judgeGap(5n, { fromSeq: 5n, toSeq: 9n }, true)).toBe('behind_position');
  });
});
