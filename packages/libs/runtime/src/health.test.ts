import { describe, expect, it } from 'vitest';
import { createHealth } from './health.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';

function fixture() {
  const now = { ms: 1_000 };
  const lines: string[] = [];
  const log = createLogger({ service: 'test', destination: { write: (line) => void lines.push(line) } });
  const metrics = createMetrics({ service: 'test' });
  const clock = { nowMs: () => now.ms, monotonicMs: () => now.ms };
  return { now, lines, metrics, health: createHealth({ log, metrics, clock }) };
}

describe('health', () => {
  it('is not ready while one component is starting, and says which', () => {
    const { health } = fixture();
    health.component('bus').ready();
    health.component('cloud');
    expect(health.readiness()).toEqual({
      ready: false,
      components: { bus: { ready: true, sinceMs: 1_000 }, cloud: { ready: false, reason: 'starting', sinceMs: 1_000 } },
    });
  });

  it('logs each change once, keeps the time of the last turn, and shows it as a gauge', async () => {
    const { health, now, lines, metrics } = fixture();
    const bus = health.component('bus');
    bus.ready();
    now.ms = 2_000;
    bus.notReady('not connected');
    now.ms = 3_000;
    bus.notReady('not connected');
    bus.notReady('wrong credentials');
    expect(lines).toHaveLength(3);
    expect(health.readiness().components['bus']).toEqual({ ready: false, reason: 'wrong credentials', sinceMs: 2_000 });
    expect(await metrics.metrics()).toContain('kestrel_ready{component="bus",service="test"} 0');
  });

  it('gives the same component for the same name', () => {
    const { health } = fixture();
    health.component('bus').ready();
    health.component('bus');
    expect(health.readiness().ready).toBe(true);
  });

  it('stays not ready once it is shutting down, whatever components say', () => {
    const { health } = fixture();
    health.component('lifecycle').ready();
    health.shuttingDown();
    health.component('lifecycle').ready();
    health.component('bus').ready();
    expect(health.readiness().ready).toBe(false);
  });

  it('refuses names without end, and never shows a secret in a reason', () => {
    const { health } = fixture();
    health.component('cloud').notReady('refused Bearer abcdefgh12345678');
    expect(health.readiness().components['cloud']?.reason).toBe('refused Bearer [redacted]');
    for (let i = 1; i < 64; i += 1) health.component(`c${i}`);
    expect(() => health.component('one too many')).toThrow(RangeError);
  });
});
