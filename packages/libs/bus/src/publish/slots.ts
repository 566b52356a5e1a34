import { OperationalError } from '@kestrel/runtime';

interface Waiter {
  readonly weight: number;
  admit(): void;
  refuse(error: OperationalError): void;
}

/**
 * Back-pressure by weight: at most `max` may be taken at once, in the order of asking. One taker heavier than `max` is
 * let in alone, so that a large batch cannot wait for ever.
 */
export class Slots {
  readonly #max: number;
  readonly #waiters: Waiter[] = [];
  #taken = 0;
  #closed = false;

  constructor(max: number) {
    if (!Number.isInteger(max) || max < 1) throw new RangeError(`a publisher needs a slot, not ${max}`);
    this.#max = max;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /** Resolves when `weight` slots are the caller's. @throws OperationalError `closed` after {@link close} */
  async take(weight: number): Promise<void> {
    if (this.#closed) throw closed();
    if (this.#waiters.length === 0 && this.#fits(weight)) {
      this.#taken += weight;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiters.push({ weight, admit: resolve, refuse: reject });
    });
  }

  give(weight: number): void {
    this.#taken -= weight;
    for (let next = this.#waiters[0]; next && this.#fits(next.weight); next = this.#waiters[0]) {
      this.#waiters.shift();
      this.#taken += next.weight;
      next.admit();
    }
  }

  /** Refuses all who wait, and all who come. What is taken stays taken. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(closed());
  }

  #fits(weight: number): boolean {
    return this.#taken === 0 || this.#taken + weight <= this.#max;
  }
}

function closed(): OperationalError {
  return new OperationalError('closed', 'the publisher is closed', { retryable: false });
}
