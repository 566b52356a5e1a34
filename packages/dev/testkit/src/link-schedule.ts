/** What a link does to the bytes on it; read anew for every piece. */
export interface LinkShape {
  /** One-way latency. */
  readonly delayMs: number;
  /** Undefined: as fast as the machine. */
  readonly bytesPerSecond: number | undefined;
}

/** When each piece that enters one direction of a link leaves it: in order, later by the delay, spaced by the rate. */
export class LinkSchedule {
  #lineFreeAtMs = 0;
  #lastDueMs = 0;

  /** The time, on the clock of `nowMs`, at which a piece that enters now has arrived whole. */
  dueMs(nowMs: number, bytes: number, shape: LinkShape): number {
    const onLineMs = shape.bytesPerSecond === undefined ? 0 : (bytes / shape.bytesPerSecond) * 1000;
    this.#lineFreeAtMs = Math.max(nowMs, this.#lineFreeAtMs) + onLineMs;
    // A delay that was just made shorter must not let a piece overtake the one before it.
    this.#lastDueMs = Math.max(this.#lastDueMs, this.#lineFreeAtMs + shape.delayMs);
    return this.#lastDueMs;
  }
}

/** Without a rate: far above what 100 ms of delay hold at 400 MB/s, so that the delay never becomes a rate. */
const unlimitedBytesInFlightMax = 64 * 1024 * 1024;
/** With a rate: what a router may queue before the sender feels the rate. */
const routerQueueBytes = 256 * 1024;

/** How many bytes may be on one direction of a link before its sender is held back. */
export function bytesInFlightMax(shape: LinkShape): number {
  if (shape.bytesPerSecond === undefined) return unlimitedBytesInFlightMax;
  return routerQueueBytes + Math.ceil((shape.bytesPerSecond * shape.delayMs) / 1000);
}
