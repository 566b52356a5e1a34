import { type BenchOptions, repeat } from '../bench-options.ts';
import { atLeast, atMost, measured } from '../report/measure.ts';
import type { Result, Target } from '../report/report.ts';
import { median } from '../statistics/statistics.ts';
import type { Measurement } from './contract.ts';
import { growthExponent } from './growth.ts';
import { measureInProcess, type ProcessMeasured } from './measure-in-process.ts';
import type { Size } from './shape.ts';

const FULL: Size = { pods: 10_000, policies: 1_000, edges: 100_000 };
const QUICK: Size = { pods: 500, policies: 50, edges: 2_000 };
/** How far above 1 an exponent still counts as near linear. */
const NEAR_LINEAR = 1.2;
const PEAK_RSS_MB = 600;

/** What is measured, with the most CPU it may take. */
const TIMES: readonly { readonly what: Measurement; readonly metric: string; readonly secondsMax?: number }[] = [
  { what: 'read', metric: 'read records' },
  { what: 'compile', metric: 'compile', secondsMax: 1 },
  { what: 'matrix', metric: 'matrix of a compiled state' },
  { what: 'simulate', metric: 'simulate a candidate', secondsMax: 1 },
  { what: 'effectiveness', metric: 'effectiveness', secondsMax: 3 },
  { what: 'recommend', metric: 'recommend for every namespace', secondsMax: 5 },
];

/** What the policy library needs on one core: CPU time of all threads of a process that does one thing once, from cold. */
export async function policyBench(o: BenchOptions): Promise<Result[]> {
  const size = o.quick ? QUICK : FULL;
  const { pods, policies, edges } = size;
  o.say(`${pods} pods, ${policies} policies, ${edges} edges`);
  const run = async (what: Measurement): Promise<readonly ProcessMeasured[]> =>
    await repeat(o, what, async () => await measureInProcess(what, size));
  const results: Result[] = [];
  for (const { what, metric, secondsMax } of TIMES) {
    const runs = await run(what);
    const target = secondsMax === undefined ? {} : { target: atMost(secondsMax) };
    results.push(cpuOf(metric, runs, target), peakOf(metric, runs));
  }
  results.push(...ratesOf(await run('outcomes'), await run('verdicts')));
  results.push(...(await growthResults(o, 'pods', size)), ...(await growthResults(o, 'policies', size)));
  return results;
}

function cpuOf(metric: string, runs: readonly ProcessMeasured[], more: { readonly target?: Target }): Result {
  const [first] = runs;
  const note =
    first && `${outcomeText(first)}; ${median(runs.map((each) => each.wallSeconds)).toFixed(2)} s by the clock`;
  return measured(
    { metric, unit: 's CPU', ...more, ...(note !== undefined && { note }) },
    runs.map((each) => each.cpuSeconds),
  );
}

function peakOf(metric: string, runs: readonly ProcessMeasured[]): Result {
  return measured(
    { metric: `${metric}: peak RSS`, unit: 'MB', target: atMost(PEAK_RSS_MB) },
    runs.map((each) => each.peakRssMb),
  );
}

function ratesOf(outcomes: readonly ProcessMeasured[], verdicts: readonly ProcessMeasured[]): Result[] {
  return [
    measured(
      {
        metric: 'verdicts',
        unit: '1/s CPU',
        target: atLeast(500_000),
        note: `${found(outcomes)}; random pairs and ports`,
      },
      rate(outcomes),
    ),
    measured(
      {
        metric: 'verdicts with explanation',
        unit: '1/s CPU',
        note: `${found(verdicts)}; of observed connections`,
      },
      rate(verdicts),
    ),
  ];
}

function rate(runs: readonly ProcessMeasured[]): number[] {
  return runs.map(({ times, cpuSeconds }) => times / cpuSeconds);
}

/** What the first run found; others find the same. */
function found(runs: readonly ProcessMeasured[]): string {
  return runs.slice(0, 1).map(outcomeText).join('');
}

/** Compiling a quarter, half, once and twice as much, all else equal: one row a size, and the exponent of the growth. */
async function growthResults(o: BenchOptions, of: 'pods' | 'policies', size: Size): Promise<Result[]> {
  const sizes = [0.25, 0.5, 1, 2].map((factor) => ({ ...size, [of]: Math.round(size[of] * factor) }));
  const results: Result[] = [];
  const points: { size: number; cost: number }[] = [];
  for (const each of sizes) {
    const name = `${each.pods} pods, ${each.policies} policies`;
    const runs = await repeat(o, `compile ${name}`, async () => await measureInProcess('compile', each));
    const result = measured(
      { metric: `growth with ${of}: compile ${name}`, unit: 's CPU' },
      runs.map(({ cpuSeconds }) => cpuSeconds),
    );
    results.push(result);
    points.push({ size: each[of], cost: median(runs.map(({ cpuSeconds }) => cpuSeconds)) });
  }
  const note = 'slope of the logarithms: 1 is linear, 2 quadratic';
  const metric = { metric: `growth of compiling with ${of}`, unit: 'exponent', target: atMost(NEAR_LINEAR), note };
  return [...results, measured(metric, [growthExponent(points)])];
}

function outcomeText({ outcome }: ProcessMeasured): string {
  return Object.entries(outcome)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ');
}
