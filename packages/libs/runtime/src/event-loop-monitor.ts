import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Gauge } from 'prom-client';
import type { Metrics } from './metrics.ts';
import { gauge } from './metrics.ts';

/** How often the loop is sampled. Each sample includes this much, so it is taken off again. */
const resolutionMs = 10;

/** Watches how long the event loop was blocked. The promise it checks: no list, batch or snapshot holds it over 50 ms. */
export class EventLoopMonitor implements Disposable {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });

  /** Registers the gauge `kestrel_event_loop_stall_max_ms`: the longest stall since the start (or `reset`). */
  constructor(metrics: Metrics) {
    this.#delay.enable();
    const stallGauge: Gauge = gauge(metrics, {
      name: 'kestrel_event_loop_stall_max_ms',
      help: 'Longest time that the event loop was blocked since the service started',
      collect: () => stallGauge.set(this.maxStallMs()),
    });
  }

  /** Longest stall seen, in milliseconds. */
  maxStallMs(): number {
    return Math.max(0, this.#delay.max / 1e6 - resolutionMs);
  }

  /** Starts over, for whoever measures one operation. */
  reset(): void {
    this.#delay.reset();
  }

  [Symbol.dispose](): void {
    this.#delay.disable();
  }
}
