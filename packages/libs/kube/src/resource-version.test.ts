import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareResourceVersions } from './resource-version.ts';

describe('compareResourceVersions', () => {
  it('given any two unsigned numbers, when compared, then the order is that of the numbers', () => {
    const version = fc.bigInt({ min: 0n, max: 2n ** 64n });
    fc.assert(
      fc.property(version, version, (a, b) => {
        const order = compareResourceVersions(`${a}`, `${b}`);
        expect(Math.sign(order ?? Number.NaN)).toBe(a === b ? 0 : a < b ? -1 : 1);
      }),
    );
  });

  it.each(['', '01', '-1', '1a', ' 1', '1'.repeat(40)])('given "%s", when compared, then there is no order', (text) => {
    expect(compareResourceVersions(text, '1')).toBeUndefined();
    expect(compareResourceVersions('1', text)).toBeUndefined();
  });
});
