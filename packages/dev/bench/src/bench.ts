import type { BenchOptions } from './bench-options.ts';
import { ingestBench } from './ingest/ingest-bench.ts';
import { describeMachine } from './machine/machine.ts';
import { policyBench } from './policy/policy-bench.ts';
import type { Report, Result } from './report/report.ts';
import { uplinkBench } from './uplink/uplink-bench.ts';

/** The benches there are. */
export const BENCH_NAMES = ['ingest', 'uplink', 'policy'] as const;
export type BenchName = (typeof BENCH_NAMES)[number];

const BENCHES: Readonly<Record<BenchName, (o: BenchOptions) => Promise<Result[]>>> = {
  ingest: ingestBench,
  uplink: uplinkBench,
  policy: policyBench,
};

/** Runs a bench. @throws Error when a part of it fails, or the signal's reason: a missed target is a result, not an error */
export async function bench(name: BenchName, o: BenchOptions): Promise<Report> {
  const machine = await describeMachine({ runsNats: name !== 'policy' });
  return { bench: name, full: !o.quick, machine, results: await BENCHES[name](o) };
}
