import { describe, expect, it } from 'vitest';
import { EventLoopMonitor } from './event-loop-monitor.ts';
import { sleep } from './sleep.ts';
import { counter, createMetrics, gauge } from './metrics.ts';

describe('metrics', () => {
  it('labels every sample with the service, and two services share nothing', async () => {
    const [one, two] = [createMetrics({ service: 'one' }), createMetrics({ service: 'two' })];
    const config = { name: 'kestrel_things_total', help: 'Things', labelNames: ['kind'] } as const;
    counter(one, config).inc({ kind: 'pod' });
    counter(two, config);
    expect(await one.metrics()).toContain('kestrel_things_total{kind="pod",service="one"} 1');
    expect(await two.metrics()).not.toContain('kind="pod"');
  });

  it('refuses names outside the convention', () => {
    const metrics = createMetrics({ service: 'test' });
    expect(() => gauge(metrics, { name: 'queue_bytes', help: 'x' })).toThrow(TypeError);
    expect(() => gauge(metrics, { name: 'kestrel_Queue', help: 'x' })).toThrow(TypeError);
    expect(() => counter(metrics, { name: 'kestrel_things', help: 'x' })).toThrow('_total');
  });
});

describe('EventLoopMonitor', () => {
  it('sees a blocked event loop and starts over on reset', async () => {
    const metrics = createMetrics({ service: 'test' });
    using monitor = new EventLoopMonitor(metrics);
    await sleep(25);
    const until = performance.now() + 120;
    while (performance.now() < until);
    await sleep(25);
    expect(monitor.maxStallMs()).toBeGreaterThan(90);
    expect(await metrics.metrics()).toMatch(/kestrel_event_loop_stall_max_ms\{service="test"\} \d/);
    monitor.reset();
    expect(monitor.maxStallMs()).toBe(0);
  });
});
