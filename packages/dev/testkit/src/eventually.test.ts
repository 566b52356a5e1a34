import { expect, test } from 'vitest';

import { eventually } from './eventually.ts';

test('given a probe that is at first false, then throws, then answers, when waited for, then its answer comes back', async () => {
  let calls = 0;
  const answer = await eventually(
    () => {
      calls += 1;
      if (calls === 1) return false;
      if (calls === 2) throw new Error('not yet');
      return { calls };
    },
    { intervalMs: 1 },
  );
  expect(answer).toEqual({ calls: 3 });
});

test('given a probe that answers 0, an empty text or null, when waited for, then that counts as an answer', async () => {
  expect(await eventually(() => 0)).toBe(0);
  expect(await eventually(() => '')).toBe('');
  expect(await eventually(() => null)).toBeNull();
});

test('given a probe that never answers, when the time is over, then the failure names it and carries the last error', async () => {
  const cause = new Error('connection refused');
  const failure = eventually<true>(
    () => {
      throw cause;
    },
    { timeoutMs: 5, intervalMs: 1, message: 'the server is up' },
  );
  await expect(failure).rejects.toMatchObject({
    message: 'the server is up did not come true within 5 ms: connection refused',
    cause,
  });
});
