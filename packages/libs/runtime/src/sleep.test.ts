import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { sleep } from './sleep.ts';

describe('sleep', () => {
  it('resolves on an abort, before or during the wait, and leaves no listener behind', async () => {
    const abort = new AbortController();
    const waiting = sleep(2 ** 40, abort.signal);
    abort.abort();
    await waiting;
    await sleep(2 ** 40, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('leaves no listener behind when the time passes', async () => {
    const { signal } = new AbortController();
    await sleep(1, signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
