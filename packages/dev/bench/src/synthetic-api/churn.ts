import type { SyntheticCluster } from './synthetic-cluster.ts';
import type { PodWatches } from './watch.ts';

/** Changes that fall due within one tick happen together. */
const TICK_MS = 5;

/**
 * Changes pods at a steady rate. When the process was held up, the missed changes follow at once and each carries the
 * time at which it was due: a delay of the load generator counts as latency, it doesn't hide it.
 */
export function startChurn(o: { cluster: SyntheticCluster; watches: PodWatches; perSecond: number }): Disposable {
  const startMs = Date.now();
  let done = 0;
  const tick = (): void => {
    const due = Math.floor(((Date.now() - startMs) * o.perSecond) / 1_000);
    for (; done < due; done += 1) o.watches.publish(o.cluster.change(startMs + (done * 1_000) / o.perSecond));
  };
  const timer = setInterval(tick, TICK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
