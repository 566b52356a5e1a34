import { expect, test } from 'vitest';
import { WakeUp } from './wake-up.ts';

test('given a wake before the wait, then it is not missed, and counts once', async () => {
  const wakeUp = new WakeUp();
  wakeUp.wake();
  wakeUp.wake();
  await wakeUp.wait(Number.POSITIVE_INFINITY);
  let isOver = false;
  const second = wakeUp.wait(Number.POSITIVE_INFINITY).then(() => {
    isOver = true;
  });
  await Promise.resolve();
  expect(isOver).toBe(false);
  wakeUp.wake();
  await second;
  expect(isOver).toBe(true);
});

test('given nobody who wakes, then a wait ends with its time', async () => {
  await expect(new WakeUp().wait(1)).resolves.toBeUndefined();
});
