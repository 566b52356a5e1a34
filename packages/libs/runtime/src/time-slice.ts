import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a task may hold the event loop at a stretch, milliseconds; one piece of its work comes on top of it. */
const SLICE_MS = 10;

/** Lets others run when this task has held the event loop for a slice. Call `due` after each piece of work. */
export class TimeSlice {
  #startedMs = performance.now();

  /** Whether it is time to call `yield`. */
  get due(): boolean {
    return performance.now() - this.#startedMs >= SLICE_MS;
  }

  /** One turn of the event loop for everybody else. */
  async yield(): Promise<void> {
    await nextTurn();
    this.#startedMs = performance.now();
  }
}
