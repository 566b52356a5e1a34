import { connectBus } from '@kestrel/bus';
import type { Bus, UserName } from '@kestrel/bus';
import { Backoff, OperationalError, sleep } from '@kestrel/runtime';
import type { Component, Secret, ServiceContext } from '@kestrel/runtime';
import type { UplinkConfig } from '../config.ts';

const retryBaseMs = 250;
const retryMaxMs = 5_000;

/**
 * Repeats `work` until it succeeds; meanwhile `component` shows why not. What can't succeed without a change is thrown, and
 * so is the signal's reason.
 */
export async function untilDone<T>(work: () => Promise<T>, component: Component, signal: AbortSignal): Promise<T> {
  const backoff = new Backoff({ baseMs: retryBaseMs, maxMs: retryMaxMs });
  for (;;) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OperationalError && error.retryable)) throw error;
      component.notReady(error.message);
    }
    await sleep(backoff.nextDelayMs(), signal);
  }
}

/** A connection that was made once and is kept for ever; `component` says why there is none yet. */
export async function connect(
  ctx: ServiceContext<UplinkConfig>,
  o: { readonly user: UserName; readonly seed: Secret; readonly component: Component },
): Promise<Bus> {
  const { servers, caFile } = ctx.config.nats;
  const bus = await untilDone(
    () =>
      connectBus({
        servers,
        user: o.user,
        seed: o.seed.reveal(),
        service: ctx.service,
        instance: ctx.instance,
        log: ctx.log,
        ...(caFile === undefined ? {} : { tls: { caFile } }),
      }),
    o.component,
    ctx.signal,
  );
  // Reconnecting never ends by itself; if it does, nothing here can go on.
  void bus.closed.then((reason) => {
    if (reason) ctx.fail(reason);
  });
  return bus;
}
