import { describe, expect, test } from 'vitest';
import { Slots } from './slots.ts';

async function settled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const first = await Promise.race([promise.then(() => true), Promise.resolve().then(() => pending)]);
  return first !== pending;
}

describe('slots', () => {
  test('given room then they are taken at once; given none then in the order of asking', async () => {
    const slots = new Slots(3);
    await slots.take(2);
    const big = slots.take(2);
    const small = slots.take(1);
    // The small one would fit, but must not overtake: the big one would starve.
    expect(await settled(small)).toBe(false);
    slots.give(2);
    await big;
    await small;
    expect(slots.taken).toBe(3);
    expect(slots.waiting).toBe(0);
  });

  test('given more than all slots then it is let in alone', async () => {
    const slots = new Slots(3);
    await slots.take(1);
    const huge = slots.take(10);
    expect(await settled(huge)).toBe(false);
    slots.give(1);
    await huge;
    expect(slots.taken).toBe(10);
  });

  test('given they are closed then whoever waits and whoever comes is refused', async () => {
    const slots = new Slots(1);
    await slots.take(1);
    const waiting = slots.take(1);
    slots.close();
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
    await expect(slots.take(1)).rejects.toMatchObject({ code: 'closed' });
  });

  test.each([0, -1, 1.5, Number.NaN])('given %d slots then there is no such thing', (max) => {
    expect(() => new Slots(max)).toThrow(RangeError);
  });
});
