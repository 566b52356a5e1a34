import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findStart } from './find-start.ts';

/** A stream in which the given sequences match. */
function streamOf(matching: readonly number[]) {
  const asked: number[] = [];
  const countFrom = async (seq: number): Promise<number> => {
    asked.push(seq);
    return matching.filter((candidate) => candidate >= seq).length;
  };
  return { countFrom, asked };
}

describe('findStart', () => {
  test('given any stream when started there then exactly the wanted last ones, or all, are found', async () => {
    const stream = fc.record({
      firstSeq: fc.integer({ min: 1, max: 1_000 }),
      matching: fc.uniqueArray(fc.nat({ max: 5_000 }), { maxLength: 60 }),
      wanted: fc.integer({ min: 1, max: 30 }),
      tail: fc.nat({ max: 3_000 }),
    });
    await fc.assert(
      fc.asyncProperty(stream, async ({ firstSeq, matching, wanted, tail }) => {
        const seqs = matching.map((offset) => firstSeq + offset).toSorted((a, b) => a - b);
        const lastSeq = Math.max(firstSeq, ...seqs) + tail;
        const { countFrom } = streamOf(seqs);
        const start = await findStart(countFrom, { firstSeq, lastSeq }, wanted);
        const found = seqs.filter((seq) => seq >= start);
        expect(found.slice(-wanted)).toEqual(seqs.slice(-wanted));
        expect(found.length).toBe(Math.min(wanted, seqs.length));
      }),
    );
  });

  test('given a stream without holes then one question is enough', async () => {
    const { countFrom, asked } = streamOf(Array.from({ length: 10_000 }, (_, at) => at + 1));
    expect(await findStart(countFrom, { firstSeq: 1, lastSeq: 10_000 }, 10)).toBe(9_991);
    expect(asked).toHaveLength(1);
  });

  test('given a stream of millions with few matches then some dozens of questions are enough', async () => {
    const { countFrom, asked } = streamOf([5, 70_000, 9_000_000]);
    expect(await findStart(countFrom, { firstSeq: 1, lastSeq: 50_000_000 }, 2)).toBeGreaterThan(5);
    expect(asked.length).toBeLessThan(60);
  });
});
