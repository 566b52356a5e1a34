import { setTimeout as sleep } from 'node:timers/promises';

/** Bounds of one {@link eventually}. */
export interface EventuallyOptions {
  /** How long to keep asking; default 30 s. A generous bound on a fault, never an assertion about speed. */
  readonly timeoutMs?: number;
  /** Pause between two probes; default 50 ms. */
  readonly intervalMs?: number;
  /** What is being waited for, for the failure's message. */
  readonly message?: string;
}

/** Whatever a probe may answer with; `void` is not among it, so that a probe that forgets to answer does not compile. */
type Answer = object | string | number | bigint | boolean | symbol | null;

/**
 * Asks until the probe returns something other than `false` or `undefined`, and returns that.
 * A probe that throws counts as not yet; its last error becomes the cause of the failure. A probe made only of
 * expectations must return `true` after them (the types insist).
 *
 * @throws Error when the time is over
 */
export async function eventually<T extends Answer>(
  probe: () => Promise<T | false | undefined> | T | false | undefined,
  o: EventuallyOptions = {},
): Promise<T> {
  const timeoutMs = o.timeoutMs ?? 30_000;
  const deadlineMs = performance.now() + timeoutMs;
  let last: { readonly error: unknown } | undefined;
  for (;;) {
    try {
      const result = await probe();
      if (result !== false && result !== undefined) return result;
      last = undefined;
    } catch (error) {
      last = { error };
    }
    if (performance.now() >= deadlineMs) break;
    await sleep(o.intervalMs ?? 50);
  }
  const why = last ? `: ${last.error instanceof Error ? last.error.message : String(last.error)}` : '';
  throw new Error(`${o.message ?? 'the condition'} did not come true within ${timeoutMs} ms${why}`, {
    cause: last?.error,
  });
}
