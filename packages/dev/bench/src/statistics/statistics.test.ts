import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { median, quantile, spread } from './statistics.ts';

const series = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 200 });

describe('quantile', () => {
  test('given known series, then it is what numpy says', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([15, 20, 35, 40, 50], 0.4)).toBeCloseTo(29);
    expect(quantile([7], 0.99)).toBe(7);
  });

  test('given values that sort differently as text, then they are sorted as numbers', () => {
    expect(median([9, 100, 11])).toBe(11);
  });

  test('given any series, then quantiles lie within it and rise with q', () => {
    fc.assert(
      fc.property(
        series,
        fc.double({ noNaN: true, min: 0, max: 1 }),
        fc.double({ noNaN: true, min: 0, max: 1 }),
        (values, a, b) => {
          const { min, max } = spread(values);
          const [low, high] = [quantile(values, Math.min(a, b)), quantile(values, Math.max(a, b))];
          expect(low).toBeLessThanOrEqual(high + 1e-6);
          expect(low).toBeGreaterThanOrEqual(min);
          expect(high).toBeLessThanOrEqual(max);
        },
      ),
    );
  });

  test('given any series, then its order does not matter and it is left as it was', () => {
    fc.assert(
      fc.property(series, (values) => {
        const copy = [...values];
        expect(median(values.toReversed())).toBe(median(values));
        expect(values).toEqual(copy);
      }),
    );
  });

  test('given nothing or no quantile, then it throws', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
    expect(() => quantile([1], 1.5)).toThrow(RangeError);
    expect(() => quantile([1], Number.NaN)).toThrow(RangeError);
  });
});
