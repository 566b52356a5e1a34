export { bench, BENCH_NAMES, type BenchName } from './bench.ts';
export type { BenchOptions } from './bench-options.ts';
export { markdownTable, textTable } from './report/render.ts';
export { reportSchema, resultSchema } from './report/report.ts';
export type { Report, Result, Target } from './report/report.ts';
export { runBench } from './run-bench.ts';
