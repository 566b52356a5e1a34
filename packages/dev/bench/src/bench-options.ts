/** What every bench is told. */
export interface BenchOptions {
  /** Small inputs and one run: shows that the bench works. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  /** Progress, one line. */
  readonly say: (line: string) => void;
}

/** Runs of a full bench: what is reported is their median. */
const RUNS = 5;

/** Runs something as often as the bench wants, one after the other. */
export async function repeat<T>(o: BenchOptions, what: string, run: () => Promise<T>): Promise<T[]> {
  const runs = o.quick ? 1 : RUNS;
  const results: T[] = [];
  for (let i = 1; i <= runs; i += 1) {
    o.signal.throwIfAborted();
    const startedMs = performance.now();
    results.push(await run());
    o.say(`${what}: run ${i} of ${runs} took ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
  }
  return results;
}
