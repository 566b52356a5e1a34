/** A map that forgets its oldest entry when it is full. */
export class BoundedCache<V> {
  readonly #entriesMax: number;
  readonly #entries = new Map<number, V>();

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get(key: number): V | undefined {
    return this.#entries.get(key);
  }

  set(key: number, value: V): void {
    if (this.#entries.size >= this.#entriesMax) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, value);
  }
}
