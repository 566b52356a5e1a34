import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';

export interface BackoffOptions {
  /** Upper bound of the first delay. */
  baseMs: number;
  /** Upper bound of every delay. */
  maxMs: number;
  /** How long after `succeeded()` the attempts are forgotten. Default 0: at once. */
  healthyAfterMs?: number;
  clock?: Clock;
  /** In [0, 1); Math.random unless a test gives its own. */
  random?: () => number;
}

/**
 * Exponential backoff with full jitter: the n-th delay is uniform in [0, min(maxMs, baseMs × 2ⁿ)).
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. A link that comes up only to fall at once
 * keeps its place in the progression until it has been healthy for `healthyAfterMs`.
 */
export class Backoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #healthyAfterMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  #attempts = 0;
  #healthySinceMs: number | undefined;

  constructor(options: BackoffOptions) {
    if (!(options.baseMs > 0) || !(options.maxMs >= options.baseMs)) {
      throw new RangeError(`backoff needs 0 < baseMs <= maxMs, not ${options.baseMs} and ${options.maxMs}`);
    }
    this.#baseMs = options.baseMs;
    this.#maxMs = options.maxMs;
    this.#healthyAfterMs = options.healthyAfterMs ?? 0;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** Delay before the next attempt, in milliseconds; counts the attempt. */
  nextDelayMs(): number {
    if (this.#healthySinceMs !== undefined) {
      if (this.#clock.monotonicMs() - this.#healthySinceMs >= this.#healthyAfterMs) this.#attempts = 0;
      this.#healthySinceMs = undefined;
    }
    const ceilingMs = Math.min(this.#maxMs, this.#baseMs * 2 ** this.#attempts);
    if (ceilingMs < this.#maxMs) this.#attempts += 1;
    return this.#random() * ceilingMs;
  }

  /** The attempt worked: the health period starts. Calling it again within the period does not restart it. */
  succeeded(): void {
    this.#healthySinceMs ??= this.#clock.monotonicMs();
  }
}
