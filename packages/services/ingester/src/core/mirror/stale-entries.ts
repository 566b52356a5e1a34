import { TimeSlice } from '@kestrel/runtime';
import type { Entry } from './entry.ts';

/** A round is followed by a pause of so many times its own length: joins of a restless cluster never fill the process. */
const PAUSE_SHARE = 4;

/**
 * Entries whose joins must be made anew, a moment after the first of them became stale: a rollout touches a policy's
 * selection a hundred times, its record is made once. What becomes stale meanwhile waits for the next round.
 */
export class StaleEntries implements AsyncDisposable {
  readonly #delayMs: number;
  readonly #prepare: () => Iterable<void>;
  readonly #refresh: (entry: Entry) => void;
  readonly #onFailure: (error: unknown) => void;
  #waiting = new Set<Entry>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #lastRoundMs = 0;
  #closed = false;

  constructor(o: {
    delayMs: number;
    /** What comes before each round, in steps; it may add entries to it. */
    prepare: () => Iterable<void>;
    refresh: (entry: Entry) => void;
    onFailure: (error: unknown) => void;
  }) {
    this.#delayMs = o.delayMs;
    this.#prepare = o.prepare;
    this.#refresh = o.refresh;
    this.#onFailure = o.onFailure;
  }

  /** Resolves when all that is stale at this moment has been refreshed. */
  async refreshed(): Promise<void> {
    await this.#round;
    await this.#startRound();
  }

  add(entry: Entry): void {
    if (this.#closed) return;
    this.#waiting.add(entry);
    this.#schedule();
  }

  /** Its joins are made, or it is gone. */
  delete(entry: Entry): void {
    this.#waiting.delete(entry);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#round !== undefined || this.#closed) return;
    const pauseMs = Math.max(this.#delayMs, PAUSE_SHARE * this.#lastRoundMs);
    this.#timer = setTimeout(() => void this.#startRound(), pauseMs);
  }

  #startRound(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#round ??= this.#refreshAll()
      .catch(this.#onFailure)
      .finally(() => {
        this.#round = undefined;
        if (this.#waiting.size > 0) this.#schedule();
      });
    return this.#round;
  }

  async #refreshAll(): Promise<void> {
    const slice = new TimeSlice();
    const startedMs = performance.now();
    for (const _ of this.#prepare()) {
      if (this.#closed) return;
      if (slice.due) await slice.yield();
    }
    const round = this.#waiting;
    this.#waiting = new Set();
    for (const entry of round) {
      if (this.#closed) return;
      this.#refresh(entry);
      if (slice.due) await slice.yield();
    }
    this.#lastRoundMs = performance.now() - startedMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#round;
  }
}
