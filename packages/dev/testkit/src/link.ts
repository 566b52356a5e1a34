import type { Socket } from 'node:net';

import { bytesInFlightMax, LinkSchedule, type LinkShape } from './link-schedule.ts';

/** A link's shape and whether anything moves on it. */
export interface LinkState extends LinkShape {
  readonly stalled: boolean;
}

/** Something on its way: bytes, or the end of them. */
interface Piece {
  readonly data: Buffer | 'end';
  readonly dueMs: number;
}

/** One direction of a proxied connection. It reads its state anew whenever it acts; call {@link wake} after a change. */
export class Link {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #state: LinkState;
  readonly #onDelivered: (bytes: number) => void;
  readonly #schedule = new LinkSchedule();
  readonly #queue: Piece[] = [];
  #queuedBytes = 0;
  #receiverFull = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, state: LinkState, onDelivered: (bytes: number) => void) {
    this.#from = from;
    this.#to = to;
    this.#state = state;
    this.#onDelivered = onDelivered;
    from.on('data', (data: Buffer) => this.#enter(data));
    from.on('end', () => this.#enter('end'));
    to.on('drain', () => {
      this.#receiverFull = false;
      this.wake();
    });
    to.on('close', () => clearTimeout(this.#timer));
    this.wake();
  }

  /** Delivers what is due and holds or lets go of the sender, as the state says now. */
  wake(): void {
    clearTimeout(this.#timer);
    if (this.#state.stalled) {
      this.#from.pause();
      return;
    }
    this.#deliverDue();
    if (this.#queuedBytes > bytesInFlightMax(this.#state)) this.#from.pause();
    else this.#from.resume();
  }

  #enter(data: Buffer | 'end'): void {
    const bytes = data === 'end' ? 0 : data.length;
    this.#queue.push({ data, dueMs: this.#schedule.dueMs(performance.now(), bytes, this.#state) });
    this.#queuedBytes += bytes;
    this.wake();
  }

  #deliverDue(): void {
    while (!this.#receiverFull && this.#to.writable) {
      const piece = this.#queue[0];
      if (piece === undefined) return;
      const waitMs = piece.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.wake(), Math.ceil(waitMs));
        return;
      }
      this.#queue.shift();
      if (piece.data === 'end') {
        this.#to.end();
        return;
      }
      this.#queuedBytes -= piece.data.length;
      this.#onDelivered(piece.data.length);
      this.#receiverFull = !this.#to.write(piece.data);
    }
  }
}
