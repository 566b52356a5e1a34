/** Whether the other end still shows signs of life. Times are monotonic milliseconds. */
export class Liveness {
  readonly deadAfterMs: number;
  #heardMs: number;

  constructor(deadAfterMs: number, nowMs: number) {
    this.deadAfterMs = deadAfterMs;
    this.#heardMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  isDead(nowMs: number): boolean {
    return nowMs - this.#heardMs > this.deadAfterMs;
  }
}
