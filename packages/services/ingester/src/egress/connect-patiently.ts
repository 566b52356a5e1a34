import { type Bus, connectBus } from '@kestrel/bus';
import { Backoff, OperationalError, type ServiceContext, sleep } from '@kestrel/runtime';
import type { IngesterConfig } from '../config.ts';

const RETRY_BASE_MS = 250;
const RETRY_MAX_MS = 5_000;

/**
 * Connects to the bus, however long it takes; readiness says why it is not there.
 * @throws OperationalError `bus_seed_invalid`; the signal's reason when the service stops first
 */
export async function connectPatiently(ctx: ServiceContext<IngesterConfig>): Promise<Bus> {
  const { config, log, clock, signal, instance, service } = ctx;
  const component = ctx.health.component('bus');
  const backoff = new Backoff({ baseMs: RETRY_BASE_MS, maxMs: RETRY_MAX_MS, clock });
  for (;;) {
    signal.throwIfAborted();
    try {
      return await connectBus({
        servers: config.bus.servers,
        user: 'ingester',
        seed: config.bus.seed.reveal(),
        service,
        instance,
        log,
        ...(config.bus.caFile === undefined ? {} : { tls: { caFile: config.bus.caFile } }),
      });
    } catch (error) {
      if (!(error instanceof OperationalError) || !error.retryable) throw error;
      component.notReady(error.message); // health logs each new reason once
      await sleep(backoff.nextDelayMs(), signal);
    }
  }
}
