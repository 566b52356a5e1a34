/** Smallest and largest of a series. */
export interface Spread {
  readonly min: number;
  readonly max: number;
}

/**
 * The q-quantile (0 ≤ q ≤ 1) by linear interpolation between the two nearest values (Hyndman and Fan's type 7, what
 * spreadsheets and numpy do). @throws RangeError for an empty series or a q outside of 0..1
 */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new RangeError('a quantile of nothing');
  if (!(q >= 0 && q <= 1)) throw new RangeError(`not a quantile: ${q}`);
  const sorted = Float64Array.from(values).toSorted();
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const lower = sorted[below] ?? 0;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)] ?? lower;
  return lower + (upper - lower) * (position - below);
}

/** The middle value, or the mean of the two in the middle. @throws RangeError for an empty series */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @throws RangeError for an empty series */
export function spread(values: readonly number[]): Spread {
  return { min: quantile(values, 0), max: quantile(values, 1) };
}
