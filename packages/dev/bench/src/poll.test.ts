import { describe, expect, test } from 'vitest';
import { poll, type WatchedProcess } from './poll.ts';

const service = (running: boolean): WatchedProcess => ({ instance: 'x-0', running, output: () => 'its last words' });
const options = { what: 'it', intervalMs: 1, timeoutMs: 60_000, of: [], signal: new AbortController().signal };

describe('poll', () => {
  test('given an answer at the third time, then it is returned', async () => {
    let asked = 0;
    const answer = await poll(async () => ((asked += 1) === 3 ? 'yes' : undefined), options);
    expect([answer, asked]).toEqual(['yes', 3]);
  });

  test('given no answer, then the error shows what the processes printed', async () => {
    const waiting = poll(async () => undefined, { ...options, timeoutMs: 0, of: [service(true)] });
    await expect(waiting).rejects.toThrow(/it: not within 0 ms\nx-0 printed:\nits last words/);
  });

  test('given a process that ended, then waiting ends too', async () => {
    const waiting = poll(async () => undefined, { ...options, of: [service(true), service(false)] });
    await expect(waiting).rejects.toThrow(/x-0 ended; it printed:\nits last words/);
  });

  test('given an interruption, then its reason is thrown', async () => {
    const signal = AbortSignal.abort(new Error('interrupted'));
    await expect(poll(async () => undefined, { ...options, signal })).rejects.toThrow('interrupted');
  });
});
