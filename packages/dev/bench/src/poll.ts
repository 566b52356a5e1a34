import { setTimeout as sleep } from 'node:timers/promises';

/** How much of a service's log goes into an error. */
const OUTPUT_CHARS_MAX = 4_000;

/** A process that must not end while something is waited for. */
export interface WatchedProcess {
  readonly instance: string;
  readonly running: boolean;
  output(): string;
}

/** How to wait for something. */
export interface PollOptions {
  readonly what: string;
  readonly intervalMs: number;
  /** A bound on a fault, never a measure. */
  readonly timeoutMs: number;
  /** Who is to bring it about: their logs are what an error shows. */
  readonly of: readonly WatchedProcess[];
  readonly signal: AbortSignal;
}

/**
 * Asks until there is an answer. What the probe throws ends it.
 * @throws Error when the time is over or one of the processes ended, with the ends of their logs; the signal's reason
 */
export async function poll<T>(probe: () => Promise<T | undefined>, o: PollOptions): Promise<T> {
  const deadlineMs = performance.now() + o.timeoutMs;
  for (;;) {
    o.signal.throwIfAborted();
    const ended = o.of.find((process) => !process.running);
    if (ended !== undefined) throw new Error(`${o.what}: ${ended.instance} ended; it printed:\n${tail(ended)}`);
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() > deadlineMs) {
      const logs = o.of.map((process) => `\n${process.instance} printed:\n${tail(process)}`);
      throw new Error(`${o.what}: not within ${o.timeoutMs} ms${logs.join('')}`);
    }
    await sleep(o.intervalMs);
  }
}

function tail(process: WatchedProcess): string {
  return process.output().slice(-OUTPUT_CHARS_MAX);
}
