import { setImmediate } from 'node:timers/promises';
import { chooseStream } from '../core/choose-stream.ts';
import type { SessionLink } from './session-link.ts';
import type { StreamSender } from './stream-sender.ts';
import type { WakeUp } from './wake-up.ts';

/**
 * Sends the batches of all streams, one at a time: the next is chosen only when the connection has taken the one before,
 * so that what is urgent never stands behind more than one frame. Ends with the signal, after the frame under way.
 */
export async function pumpBulk(
  senders: readonly StreamSender[],
  link: SessionLink,
  wakeUp: WakeUp,
  signal: AbortSignal,
): Promise<void> {
  const { window, credit, clock, events } = link;
  signal.addEventListener('abort', wakeUp.wake, { once: true });
  for (let turn = 1; !signal.aborted; turn += 1) {
    const nowMs = clock.monotonicMs();
    const frameBytesMax = Math.min(link.frameBytesMax, window.frameBytesMax());
    const choice = chooseStream(
      senders.flatMap((sender) => sender.candidate() ?? []),
      {
        hasRoom: window.hasRoom(),
        isIdle: window.inFlightBytes === 0,
        frameBytesMax,
        partDueMs: window.partDueMs,
        maySend: (trafficClass) => credit.maySend(trafficClass),
      },
      nowMs,
    );
    if (choice.kind === 'wait') {
      await wakeUp.wait(choice.untilMs - nowMs);
      // Whatever else came in the same round of the loop joins the batch.
      await setImmediate();
      continue;
    }
    await choice.candidate.sender.sendNext(frameBytesMax, turn);
    events.inFlight({ bytes: window.inFlightBytes, limitBytes: window.limitBytes() });
  }
}
