import type { BenchOptions } from '../bench-options.ts';
import type { Result } from '../report/report.ts';
import { largeClusterResults, pagedResults, usualClusterResults } from './first-sync-results.ts';
import { steadyResults } from './steady-results.ts';

const PODS = { usual: 5_000, large: 75_000, quick: 100 };

/** What the ingester needs for a first sync, and how fast changes reach the cloud through the whole stack. */
export async function ingestBench(o: BenchOptions): Promise<Result[]> {
  if (o.quick) return [...(await usualClusterResults(o, PODS.quick)), ...(await pagedResults(o, PODS.quick))];
  return [
    ...(await usualClusterResults(o, PODS.usual)),
    ...(await pagedResults(o, PODS.usual)),
    ...(await largeClusterResults(o, PODS.large)),
    ...(await steadyResults(o, PODS.usual)),
  ];
}
