/**
 * A map that forgets what was not asked for lately: entries are in two generations of half the limit each, and when the younger
 * one is full, the older one is dropped. What is found in the older one moves to the younger.
 */
export class RecentCache<V extends object> {
  readonly #generationMax: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(entriesMax: number) {
    this.#generationMax = Math.max(1, Math.floor(entriesMax / 2));
  }

  /** What is kept under the key, else what is made now. */
  get(key: string, make: () => V): V {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const value = this.#old.get(key) ?? make();
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }
}
