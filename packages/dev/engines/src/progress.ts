/** Receives one line, without a newline, for the user's eyes. */
export type OnProgress = (line: string) => void;

/** How often a long step shows that it is alive. */
const progressIntervalMs = 10_000;

/** Says at once what is being done, and again with the elapsed time every ten seconds until disposed. */
export function reportWhile(what: string, onProgress: OnProgress): Disposable {
  const startedAtMs = performance.now();
  onProgress(`engines: ${what}`);
  const timer = setInterval(
    () => onProgress(`engines: ${what} ... ${seconds(performance.now() - startedAtMs)}`),
    progressIntervalMs,
  );
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Milliseconds as whole seconds, for people. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
