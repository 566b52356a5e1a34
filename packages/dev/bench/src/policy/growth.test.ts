import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { growthExponent } from './growth.ts';

describe('growthExponent', () => {
  test('given costs that are a power of the size then it is the power', () => {
    const power = fc.double({ min: -2, max: 3, noNaN: true });
    fc.assert(
      fc.property(power, fc.double({ min: 0.01, max: 100, noNaN: true }), (exponent, factor) => {
        const points = [250, 500, 1_000, 2_000].map((size) => ({ size, cost: factor * size ** exponent }));
        expect(growthExponent(points)).toBeCloseTo(exponent, 6);
      }),
    );
  });

  test.each([
    [[]],
    [[{ size: 1, cost: 1 }]],
    [
      [
        { size: 1, cost: 1 },
        { size: 1, cost: 2 },
      ],
    ],
    [
      [
        { size: 0, cost: 1 },
        { size: 1, cost: 1 },
      ],
    ],
  ])('given %j then there is no growth to speak of', (points) => {
    expect(() => growthExponent(points)).toThrow(RangeError);
  });
});
