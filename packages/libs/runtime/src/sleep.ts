/** The longest delay that a Node timer can hold; above it, setTimeout fires at once. */
const timerMaxMs = 2 ** 31 - 1;

/**
 * Waits `ms` milliseconds (at most 24.8 days), or until `signal` is aborted, whichever is first.
 * An abort resolves and does not throw: what to do next is read from the signal by the caller.
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(Math.max(ms, 0), timerMaxMs));
    signal?.addEventListener('abort', done, { once: true });
  });
}
