/** One measurement: how much there was, and what it took. */
export interface Point {
  readonly size: number;
  readonly cost: number;
}

/**
 * The exponent with which cost grows with size: the slope of the least-squares line through the logarithms. 1 is linear, 2
 * quadratic. @throws RangeError for fewer than two sizes, or anything that is not above zero
 */
export function growthExponent(points: readonly Point[]): number {
  if (points.some(({ size, cost }) => !(size > 0 && cost > 0))) throw new RangeError('sizes and costs are above zero');
  if (new Set(points.map(({ size }) => size)).size < 2) throw new RangeError('growth needs two sizes');
  const logs = points.map(({ size, cost }) => ({ x: Math.log(size), y: Math.log(cost) }));
  const [xMean, yMean] = [mean(logs.map(({ x }) => x)), mean(logs.map(({ y }) => y))];
  const covariance = mean(logs.map(({ x, y }) => (x - xMean) * (y - yMean)));
  return covariance / mean(logs.map(({ x }) => (x - xMean) ** 2));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
