import { runBench } from '@kestrel/bench';
import { ensureEngines } from './engines.ts';

/** Benchmarks: `bench ingest|uplink|policy`. The policy library runs no engine. */
export async function run(args: readonly string[]): Promise<number> {
  if (!args.includes('policy')) await ensureEngines(['nats-server']);
  return await runBench(args);
}
