import { expect, test } from 'vitest';
import { Random } from './random.ts';

function draw(seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: 10_000 }, () => random.below(10));
}

test('given the same seed then the same numbers, all within their bound and spread over it', () => {
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const counts = Map.groupBy(draw(1), (value) => value);
  expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const drawn of counts.values()) expect(drawn.length).toBeGreaterThan(800);
});
