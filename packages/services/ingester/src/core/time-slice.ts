import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a loop may hold the event loop at a stretch, milliseconds; one step comes on top of it. */
const SLICE_MS = 10;

/** Lets others run when a loop has held the event loop for a slice: `if (slice.due) await slice.yield()` after each step. */
export class TimeSlice {
  #startedMs = performance.now();

  get due(): boolean {
    return performance.now() - this.#startedMs >= SLICE_MS;
  }

  async yield(): Promise<void> {
    await nextTurn();
    this.#startedMs = performance.now();
  }
}
