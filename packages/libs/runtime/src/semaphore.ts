import { OperationalError } from './errors.ts';

/** The right to do one of the guarded things; given back by `using`, `await using` or `release()`, once. */
export interface Permit extends Disposable, AsyncDisposable {
  release(): void;
}

interface Waiter {
  admit(): void;
}

/** At most `permits` at once; those who wait are served in the order they came, and only `waitersMax` may wait. */
export class Semaphore {
  readonly #waitersMax: number;
  readonly #waiters: Waiter[] = [];
  #free: number;

  constructor(options: { permits: number; waitersMax: number }) {
    if (!Number.isInteger(options.permits) || options.permits < 1) throw new RangeError('a semaphore needs a permit');
    this.#free = options.permits;
    this.#waitersMax = options.waitersMax;
  }

  /** Waits for a permit. Rejects with `overloaded` when too many wait already, and with the signal's reason on abort. */
  async acquire(signal?: AbortSignal): Promise<Permit> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#permit();
    }
    if (this.#waiters.length >= this.#waitersMax) {
      throw new OperationalError('overloaded', `${this.#waitersMax} callers wait already`);
    }
    await this.#turn(signal);
    return this.#permit();
  }

  #turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        const place = this.#waiters.indexOf(waiter);
        if (place >= 0) this.#waiters.splice(place, 1);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        admit: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      this.#waiters.push(waiter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  #permit(): Permit {
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      const next = this.#waiters.shift();
      if (next) next.admit();
      else this.#free += 1;
    };
    return { release, [Symbol.dispose]: release, [Symbol.asyncDispose]: async () => release() };
  }
}
