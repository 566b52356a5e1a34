import { describe, expect, test } from 'vitest';
import { age, bytes, count, table } from './table.ts';

describe('table', () => {
  test('given rows then columns line up, and what is not known shows as a dash', () => {
    expect(
      table([
        ['A', 'LONG', 'C'],
        ['one', undefined, 3],
        ['two', 22, ''],
      ]),
    ).toBe(['A    LONG  C', 'one  -     3', 'two  22', ''].join('\n'));
  });

  test('given a row that ends early with a long text then it widens no column', () => {
    expect(
      table([
        ['A', 'B', 'C'],
        ['x', 'a long reason'],
        ['y', 'z', 'w'],
      ]),
    ).toBe(['A  B  C', 'x  a long reason', 'y  z  w', ''].join('\n'));
  });
});

describe('units', () => {
  test.each([
    [-5, '0 ms'],
    [999, '999 ms'],
    [1_000, '1 s'],
    [119_999, '120 s'],
    [120_000, '2 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('given %d ms then it is %s', (ms, said) => {
    expect(age(ms)).toBe(said);
  });

  test.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_024, '1.0 KiB'],
    [150 * 1_024, '150 KiB'],
    [3.2 * 1_024 ** 2, '3.2 MiB'],
    [5 * 1_024 ** 5, '5120 TiB'],
  ])('given %d bytes then it is %s', (size, said) => {
    expect(bytes(size)).toBe(said);
  });

  test('given a count then its thousands are apart', () => {
    expect(count(1_234_567)).toBe('1,234,567');
  });
});
