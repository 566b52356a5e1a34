import { createLogger, OperationalError } from '@kestrel/runtime';
import { describe, expect, test } from 'vitest';
import { aborted } from '../aborted.ts';
import { runSession, type RunnableSession } from './run-session.ts';

const progress = { published: 0, unchanged: 0, tombstones: 0, waiting: 7, lastAckAt: undefined, stuckSinceMs: 0 };
const never = new Promise<never>(() => undefined);

function session(run: (signal: AbortSignal) => Promise<void>, dispose = async () => undefined) {
  const seen = { disposed: false };
  const running: RunnableSession = {
    writer: { run, progress },
    [Symbol.asyncDispose]: async () => {
      await dispose();
      seen.disposed = true;
    },
  };
  return { running, seen };
}

/** Options with the shortest patience, and what was logged. */
function options() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, drainTimeoutMs: 1, log: createLogger({ service: 'test', level: 'warn', destination }) };
}

describe('given a session that is run', () => {
  test('when the writer fails, then the session is disposed and its error told', async () => {
    const { running, seen } = session(() => Promise.reject(new OperationalError('stream_reset', 'x')));
    const end = new AbortController();
    await expect(runSession(running, end.signal, options())).rejects.toMatchObject({ code: 'stream_reset' });
    expect(seen.disposed).toBe(true);
  });

  test('when it never gets its acknowledgements, then it is left to itself after the timeout, with a warning', async () => {
    const o = options();
    await runSession(session(() => never).running, AbortSignal.abort(), o);
    expect(o.lines).toHaveLength(1);
    expect(o.lines[0]).toContain('"waiting":7');
  });

  test('when only its disposal hangs, then the timeout holds for that too', async () => {
    const o = options();
    const hangs = session(
      (signal) => aborted(signal),
      () => never,
    );
    await runSession(hangs.running, AbortSignal.abort(), o);
    expect(o.lines).toHaveLength(1);
  });

  test('when the process stops long after a session failed, then that session is not warned about', async () => {
    const o = options();
    const end = new AbortController();
    const failed = session(() => Promise.reject(new OperationalError('stream_reset', 'x')));
    await expect(runSession(failed.running, end.signal, o)).rejects.toThrow('x');
    const last = runSession(session(() => never).running, end.signal, o);
    end.abort();
    await last;
    expect(o.lines).toHaveLength(1); // of the last one, whose timeout began after that of the first
  });

  test('when it is stored in time, then nothing is warned about', async () => {
    const o = options();
    const end = new AbortController();
    const orderly = session((signal) => aborted(signal));
    const first = runSession(orderly.running, end.signal, { ...o, drainTimeoutMs: 60_000 });
    end.abort();
    await first;
    expect(orderly.seen.disposed).toBe(true);
    expect(o.lines).toEqual([]);
  });
});
