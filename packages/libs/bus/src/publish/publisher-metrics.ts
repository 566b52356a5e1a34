import { counter, gauge, histogram } from '@kestrel/runtime';
import type { Metrics } from '@kestrel/runtime';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { StreamName } from '../topology/streams.ts';

/** The figures of one stream's publisher. */
export interface PublisherMetrics {
  published(messages: number): void;
  resent(messages: number): void;
  failed(code: string): void;
  inFlight(messages: number): void;
  acknowledged(seconds: number): void;
}

const none: PublisherMetrics = {
  published: () => undefined,
  resent: () => undefined,
  failed: () => undefined,
  inFlight: () => undefined,
  acknowledged: () => undefined,
};

const PUBLISHED = {
  name: 'kestrel_bus_published_total',
  help: 'Messages that a stream acknowledged',
  labelNames: ['stream'],
} as const;
const RESENT = {
  name: 'kestrel_bus_resent_total',
  help: 'Messages sent again because their acknowledgement did not come',
  labelNames: ['stream'],
} as const;
const FAILED = {
  name: 'kestrel_bus_publish_errors_total',
  help: 'Publishes that ended in an error, by code',
  labelNames: ['stream', 'code'],
} as const;
const IN_FLIGHT = {
  name: 'kestrel_bus_in_flight_messages',
  help: 'Messages sent and not yet acknowledged',
  labelNames: ['stream'],
} as const;
const ACK_SECONDS = {
  name: 'kestrel_bus_ack_seconds',
  help: 'Time from the first sending of a message or batch to its acknowledgement',
  labelNames: ['stream'],
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
} as const;

/** The figures in a registry; publishers of several streams share the metrics and differ by label. */
export function publisherMetrics(metrics: Metrics | undefined, stream: StreamName): PublisherMetrics {
  if (!metrics) return none;
  const published = existing(metrics, PUBLISHED.name, Counter) ?? counter(metrics, mutable(PUBLISHED));
  const resent = existing(metrics, RESENT.name, Counter) ?? counter(metrics, mutable(RESENT));
  const failed = existing(metrics, FAILED.name, Counter) ?? counter(metrics, mutable(FAILED));
  const inFlight = existing(metrics, IN_FLIGHT.name, Gauge) ?? gauge(metrics, mutable(IN_FLIGHT));
  const seconds =
    existing(metrics, ACK_SECONDS.name, Histogram) ??
    histogram(metrics, { ...mutable(ACK_SECONDS), buckets: [...ACK_SECONDS.buckets] });
  return {
    published: (messages) => published.inc({ stream }, messages),
    resent: (messages) => resent.inc({ stream }, messages),
    failed: (code) => failed.inc({ stream, code }),
    inFlight: (messages) => inFlight.set({ stream }, messages),
    acknowledged: (value) => seconds.observe({ stream }, value),
  };
}

function mutable<T extends { readonly labelNames: readonly string[] }>(config: T): T & { labelNames: string[] } {
  return { ...config, labelNames: [...config.labelNames] };
}

function existing<T>(metrics: Metrics, name: string, type: new (...args: never[]) => T): T | undefined {
  const metric = metrics.getSingleMetric(name);
  if (metric === undefined) return undefined;
  if (!(metric instanceof type)) throw new TypeError(`metric ${name} is something else`);
  return metric;
}
