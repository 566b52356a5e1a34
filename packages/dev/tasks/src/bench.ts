import { runBench } from '@kestrel/bench';
import { ensureEngines } from './engines.ts';

/** Benchmarks: `bench ingest|uplink`. */
export async function run(args: readonly string[]): Promise<number> {
  await ensureEngines(['nats-server']);
  return await runBench(args);
}
