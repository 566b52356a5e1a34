import { randomUUID } from 'node:crypto';
import { systemClock } from './clock.ts';
import { createHealth } from './health.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { ServiceContext } from './service-context.ts';
import { createStatusBoard } from './status-board.ts';

/**
 * A context for tests: silent log, fresh registry, the machine's clock. `fail` becomes an unhandled rejection, which
 * fails the test run; a test that expects it gives its own.
 */
export function testContext<C>(config: C, over: Partial<ServiceContext<C>> = {}): ServiceContext<C> {
  const service = over.service ?? 'test';
  const log = over.log ?? createLogger({ service, level: 'silent', destination: { write: () => undefined } });
  const metrics = over.metrics ?? createMetrics({ service });
  const clock = over.clock ?? systemClock;
  return {
    service,
    instance: 'test-0',
    boot: randomUUID(),
    config,
    log,
    metrics,
    clock,
    health: over.health ?? createHealth({ log, metrics, clock }),
    status: createStatusBoard(),
    signal: new AbortController().signal,
    fail: (error) => void Promise.reject(error),
    ...over,
  };
}
