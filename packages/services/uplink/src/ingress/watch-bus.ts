import type { Bus, StreamName } from '@kestrel/bus';
import { OperationalError, sleep } from '@kestrel/runtime';
import type { Component } from '@kestrel/runtime';
import { isThere } from './stream-lookup.ts';

/** How often a connected bus is asked whether it also works. */
const lookMs = 5_000;

/**
 * Tells readiness whether the bus works, until the signal: connected, and JetStream answers for one stream. `isRequired`:
 * that stream must exist; otherwise it is its writer who has to make it, and an answer is enough.
 */
export async function watchBus(
  bus: Bus,
  component: Component,
  o: { readonly stream: StreamName; readonly isRequired: boolean; readonly signal: AbortSignal },
): Promise<void> {
  let changed = new AbortController();
  const stopListening = bus.onStatus((event, status) => {
    if (event === 'disconnected') component.notReady(`the bus is away: ${status.lastError ?? 'disconnected'}`);
    changed.abort();
  });
  while (!o.signal.aborted) {
    changed = new AbortController();
    const problem = await problemOf(bus, o);
    if (o.signal.aborted) break;
    // While it is disconnected the listener has said it better.
    if (bus.connected) {
      if (problem === undefined) component.ready();
      else component.notReady(problem);
    }
    await sleep(lookMs, AbortSignal.any([o.signal, changed.signal]));
  }
  stopListening();
}

async function problemOf(bus: Bus, o: { stream: StreamName; isRequired: boolean }): Promise<string | undefined> {
  if (!bus.connected) return 'the bus is away';
  try {
    if ((await isThere(bus, o.stream)) || !o.isRequired) return undefined;
    return `stream ${o.stream} is missing`;
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return `the bus does not answer: ${error.message}`;
  }
}
