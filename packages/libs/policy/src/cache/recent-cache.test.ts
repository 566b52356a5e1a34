import { expect, test } from 'vitest';
import { RecentCache } from './recent-cache.ts';

function cacheOf(entriesMax: number) {
  const made: string[] = [];
  const cache = new RecentCache<string, object>(entriesMax);
  const ask = (key: string): object =>
    cache.get(key, () => {
      made.push(key);
      return { key };
    });
  return { ask, made };
}

test('given a key, when it is asked for again, then what was made is found', () => {
  const { ask, made } = cacheOf(4);
  expect(ask('a')).toBe(ask('a'));
  expect(made).toEqual(['a']);
});

test('given more keys than the limit, when one is asked for all the time, then it stays and the others are forgotten', () => {
  const { ask, made } = cacheOf(4);
  for (const key of ['b', 'c', 'd', 'e', 'f', 'b']) {
    ask('a');
    ask(key);
  }
  expect(made).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'b']);
});
