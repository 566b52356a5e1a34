import { compareText } from './scope.ts';

/** So many reasons are kept for one thing; of more only the number is told. */
const reasonsMax = 20;

/** Why something is withheld or left open, each reason once. */
export class Reasons {
  readonly #kept = new Set<string>();
  #more = 0;

  constructor(reasons: Iterable<string> = []) {
    for (const reason of reasons) this.add(reason);
  }

  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  has(reason: string): boolean {
    return this.#kept.has(reason);
  }

  add(reason: string): void {
    if (this.#kept.has(reason)) return;
    if (this.#kept.size < reasonsMax) this.#kept.add(reason);
    else this.#more += 1;
  }

  /** Sorted, with the number of those that were not kept. */
  list(): readonly string[] {
    const kept = [...this.#kept].toSorted(compareText);
    return this.#more === 0 ? kept : [...kept, `and ${this.#more} more`];
  }
}
