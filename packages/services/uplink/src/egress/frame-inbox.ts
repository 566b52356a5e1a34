import { OperationalError } from '@kestrel/runtime';
import type { ReceivedFrame } from './cloud-call.ts';

/** Frames that a cloud may send before the session's streams are open; an honest one sends waiting commands. */
const waitingMax = 4_096;

/** Keeps frames that come before anybody can take them: the first for the handshake, the others for the session. */
export class FrameInbox {
  readonly first: Promise<ReceivedFrame>;
  #resolveFirst: (first: ReceivedFrame) => void = () => undefined;
  #waiting: ReceivedFrame[] = [];
  #take: ((received: ReceivedFrame) => void) | undefined;
  #hasFirst = false;
  #isFull = false;

  constructor() {
    this.first = new Promise((resolve) => {
      this.#resolveFirst = resolve;
    });
  }

  put(received: ReceivedFrame): void {
    if (!this.#hasFirst) {
      this.#hasFirst = true;
      this.#resolveFirst(received);
    } else if (this.#take) this.#take(received);
    else if (this.#waiting.length < waitingMax) this.#waiting.push(received);
    else this.#isFull = true;
  }

  /** Hands on what waited and what comes. @throws OperationalError `protocol_error` when too much had come */
  drainTo(take: (received: ReceivedFrame) => void): void {
    if (this.#isFull)
      throw new OperationalError('protocol_error', `the cloud sends ${waitingMax} frames ahead of events`);
    this.#take = take;
    for (const received of this.#waiting.splice(0)) take(received);
  }
}
