import { bucketSubject } from '@kestrel/bus';
import type { Bus } from '@kestrel/bus';
import { errorChain } from '@kestrel/runtime';
import type { Logger } from '@kestrel/runtime';
import type { UplinkState } from '../uplink-state.ts';

const mirrorIntervalMs = 2_000;

/**
 * Copies the cloud's cursors to the bucket kestrel_uplink while this uplink is active: for people and kestrelctl only.
 * Nothing ever reads a position from there; a copy that can't be written is left for the next round.
 */
export function mirrorCursors(control: Bus, state: UplinkState, log: Logger): AsyncDisposable {
  const written = new Map<string, string>();
  let writing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    writing = writing.then(() => writeChanged(control, state, written, log));
  }, mirrorIntervalMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await writing;
    },
  };
}

async function writeChanged(
  control: Bus,
  state: UplinkState,
  written: Map<string, string>,
  log: Logger,
): Promise<void> {
  if (!control.connected) return;
  for (const { name, epoch, committedSeq, committedTimeMs } of state.cursors()) {
    const value = JSON.stringify({ epoch, committedSeq, streamTime: new Date(committedTimeMs).toISOString() });
    if (written.get(name) === value) continue;
    try {
      await control.jetstream().publish(bucketSubject('kestrel_uplink', name), value);
      written.set(name, value);
    } catch (error) {
      log.debug({ chain: errorChain(error), stream: name }, 'cursor cannot be mirrored now');
      return;
    }
  }
}
