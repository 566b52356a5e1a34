import { describe, expect, test } from 'vitest';
import { ServiceMetrics } from './service-metrics.ts';

const metrics = new ServiceMetrics(`# HELP kestrel_bus_published_total Messages
# TYPE kestrel_bus_published_total counter
kestrel_bus_published_total{stream="KESTREL_RESOURCES",service="ingester"} 5001
kestrel_bus_published_total{stream="KESTREL_EVENTS",service="ingester"} 2
process_cpu_seconds_total{service="ingester"} 1.25
kestrel_event_loop_stall_max_ms{service="ingester"} 12.5
`);

describe('ServiceMetrics', () => {
  test('given labels, then only samples with all of them count', () => {
    expect(metrics.sum('kestrel_bus_published_total')).toBe(5003);
    expect(metrics.sum('kestrel_bus_published_total', { stream: 'KESTREL_EVENTS' })).toBe(2);
    expect(metrics.sum('kestrel_bus_published_total', { stream: 'KESTREL' })).toBeUndefined();
  });

  test('given a metric that is not there, then what is required throws', () => {
    expect(metrics.required('process_cpu_seconds_total')).toBe(1.25);
    expect(() => metrics.required('kestrel_missing')).toThrow(/no metric kestrel_missing/);
  });
});
