import { describe, expect, test } from 'vitest';
import { duration, instant, prefixLength } from './option-values.ts';

describe('values of options', () => {
  test.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
  ])('given the duration %s then it is %d ms', (given, expected) => {
    expect(duration(given)).toBe(expected);
  });

  test.each(['', '7', 'd', '-1d', '1w', '1.5h'])('given the duration "%s" then it is refused', (given) => {
    expect(() => duration(given)).toThrow('number with a unit');
  });

  test('given a time with its zone then it is read; without one, or none at all, then it is refused', () => {
    expect(instant('2026-11-25T01:00:00+01:00').toISOString()).toBe('2026-11-25T00:00:00.000Z');
    for (const given of ['2026-11-25T01:00:00', '2026-11-25', 'now', '2026-13-45T00:00:00Z']) {
      expect(() => instant(given)).toThrow('must be a time');
    }
  });

  test('given the length of a prefix then it is within its family', () => {
    expect(prefixLength(32)('24')).toBe(24);
    expect(() => prefixLength(32)('33')).toThrow('from 0 to 32');
    expect(() => prefixLength(32)('x')).toThrow('from 0 to 32');
  });
});
