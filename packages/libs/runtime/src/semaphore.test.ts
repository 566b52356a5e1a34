import { describe, expect, it } from 'vitest';
import { Semaphore } from './semaphore.ts';

describe('Semaphore', () => {
  it('admits in the order of arrival, never more than its permits', async () => {
    const semaphore = new Semaphore({ permits: 1, waitersMax: 10 });
    const order: number[] = [];
    const first = await semaphore.acquire();
    const others = [1, 2, 3].map(async (n) => {
      await using _permit = await semaphore.acquire();
      order.push(n);
    });
    expect(order).toEqual([]);
    first.release();
    first.release();
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
  });

  it('refuses when too many wait, and gives up a place when its caller does', async () => {
    const semaphore = new Semaphore({ permits: 1, waitersMax: 1 });
    const held = await semaphore.acquire();
    const abort = new AbortController();
    const waiting = semaphore.acquire(abort.signal);
    await expect(semaphore.acquire()).rejects.toMatchObject({ code: 'overloaded', retryable: true });
    abort.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    const next = semaphore.acquire();
    held.release();
    (await next).release();
  });
});
