/** Calls `onStall` when the peer shows no progress for `timeoutMs`. Time that the consumer takes does not count. */
export class StallDeadline implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #busy = false;
  #over = false;

  constructor(timeoutMs: number, onStall: () => void) {
    this.#timer = setTimeout(() => {
      if (this.#over) return;
      if (this.#busy) this.#timer.refresh();
      else onStall();
    }, timeoutMs);
  }

  /** Something came from the peer; until `idle` the consumer is at work. */
  busy(): void {
    this.#busy = true;
  }

  /** The consumer is done, or a stall is forgiven: the peer has `timeoutMs` again. */
  idle(): void {
    if (this.#over) return; // refreshing would set a cleared timer again
    this.#busy = false;
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
