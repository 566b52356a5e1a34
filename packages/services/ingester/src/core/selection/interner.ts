/** A shared value; whoever got it from an interner gives it back once. */
interface Shared<T> {
  readonly value: T;
  holders: number;
}

/** One copy of each value that many objects share, kept while somebody holds it: bounded by what is held. */
export class Interner<T> {
  readonly #byKey = new Map<string, Shared<T>>();

  get size(): number {
    return this.#byKey.size;
  }

  /** The copy under this key, made now if there is none. */
  acquire(key: string, make: () => T): T {
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.holders += 1;
      return known.value;
    }
    const value = make();
    this.#byKey.set(key, { value, holders: 1 });
    return value;
  }

  /** Gives a copy back. */
  release(key: string): void {
    const known = this.#byKey.get(key);
    if (known === undefined) throw new Error('released more often than acquired');
    known.holders -= 1;
    if (known.holders === 0) this.#byKey.delete(key);
  }
}
