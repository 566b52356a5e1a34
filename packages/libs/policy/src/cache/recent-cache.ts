/**
 * A map that forgets what was not asked for lately: entries are in two generations of half the limit each, and when the younger
 * one is full, the older one is dropped. What is found in the older one moves to the younger.
 */
export class RecentCache<K, V extends object> {
  readonly #generationMax: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  constructor(entriesMax: number) {
    this.#generationMax = Math.max(1, Math.floor(entriesMax / 2));
  }

  /** What is kept under the key. */
  find(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    return old === undefined ? undefined : this.keep(key, old);
  }

  /** Keeps a value under a key that has none. */
  keep(key: K, value: V): V {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }

  /** What is kept under the key, else what is made now. */
  get(key: K, make: () => V): V {
    return this.find(key) ?? this.keep(key, make());
  }
}
