import type { CounterConfiguration, GaugeConfiguration, HistogramConfiguration } from 'prom-client';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A service's own registry; the process-wide one of prom-client is never used. */
export type Metrics = Registry;

const namePattern = /^kestrel_[a-z][a-z0-9_]*$/;

/** A registry whose samples all carry `service`. `processMetrics` adds CPU, memory, GC and event loop lag. */
export function createMetrics(options: { service: string; processMetrics?: boolean }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  return registry;
}

type In<Config> = Omit<Config, 'registers'>;

/** A counter named `kestrel_…_total`. Labels are few and bounded: never a name, address or message. */
export function counter<L extends string = never>(metrics: Metrics, config: In<CounterConfiguration<L>>): Counter<L> {
  checkName(config.name);
  if (!config.name.endsWith('_total')) throw new TypeError(`a counter's name ends in _total: ${config.name}`);
  return new Counter<L>({ ...config, registers: [metrics] });
}

/** A gauge named `kestrel_…`, with its unit last. */
export function gauge<L extends string = never>(metrics: Metrics, config: In<GaugeConfiguration<L>>): Gauge<L> {
  checkName(config.name);
  return new Gauge<L>({ ...config, registers: [metrics] });
}

/** A histogram named `kestrel_…`, with its unit last. */
export function histogram<L extends string = never>(
  metrics: Metrics,
  config: In<HistogramConfiguration<L>>,
): Histogram<L> {
  checkName(config.name);
  return new Histogram<L>({ ...config, registers: [metrics] });
}

function checkName(name: string): void {
  if (!namePattern.test(name)) throw new TypeError(`a metric's name is kestrel_ and lower case: ${name}`);
}
