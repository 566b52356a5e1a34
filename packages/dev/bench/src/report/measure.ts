import { median, spread } from '../statistics/statistics.ts';
import type { Result, Target } from './report.ts';

/** Digits that are kept: more would be noise. */
const SIGNIFICANT_DIGITS = 4;

/** What is measured, and what is promised of it. */
export interface Metric {
  readonly metric: string;
  readonly unit: string;
  readonly target?: Target;
  readonly note?: string;
}

export const atMost = (value: number): Target => ({ relation: 'at_most', value });
export const atLeast = (value: number): Target => ({ relation: 'at_least', value });
export const exactly = (value: number): Target => ({ relation: 'exactly', value });

/** The result of a metric from the figures of its runs. @throws RangeError without runs: nothing measured is no result */
export function measured(metric: Metric, runs: readonly number[]): Result {
  const value = median(runs);
  const { min, max } = spread(runs);
  return {
    metric: metric.metric,
    unit: metric.unit,
    value: rounded(value),
    target: metric.target ?? null,
    ok: metric.target === undefined ? null : meets(value, metric.target),
    spread: { min: rounded(min), max: rounded(max) },
    runs: runs.length,
    ...(metric.note === undefined ? {} : { note: metric.note }),
  };
}

/** The result of a metric that could not be measured here: never left out, and its target counts as missed. */
export function notMeasured(metric: Metric, why: string): Result {
  return {
    metric: metric.metric,
    unit: metric.unit,
    value: null,
    target: metric.target ?? null,
    ok: metric.target === undefined ? null : false,
    spread: null,
    runs: 0,
    note: `not measured: ${why}`,
  };
}

/** Judged on what was measured, before it is rounded for display. */
function meets(value: number, target: Target): boolean {
  switch (target.relation) {
    case 'at_most':
      return value <= target.value;
    case 'at_least':
      return value >= target.value;
    case 'exactly':
      return value === target.value;
  }
}

function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(SIGNIFICANT_DIGITS));
}
