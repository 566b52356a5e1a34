/**
 * A set of peers, as bits of the words between its lowest and highest member. Peers of one namespace stand next to each
 * other, so the sets of namespaced rules stay small however many peers there are.
 */
export class PeerSet {
  /** Number of members. */
  readonly size: number;
  readonly #firstWord: number;
  readonly #words: Uint32Array;

  private constructor(firstWord: number, words: Uint32Array, size: number) {
    this.#firstWord = firstWord;
    this.#words = words;
    this.size = size;
  }

  static readonly empty = new PeerSet(0, new Uint32Array(0), 0);

  /** Members in any order; twice is once. */
  static of(members: readonly number[]): PeerSet {
    if (members.length === 0) return PeerSet.empty;
    let lowest = Number.POSITIVE_INFINITY;
    let highest = 0;
    for (const member of members) {
      if (member < lowest) lowest = member;
      if (member > highest) highest = member;
    }
    const firstWord = lowest >>> 5;
    const words = new Uint32Array((highest >>> 5) - firstWord + 1);
    let size = 0;
    for (const member of members) {
      const word = (member >>> 5) - firstWord;
      const bit = 1 << (member & 31);
      const before = words[word] ?? 0;
      if ((before & bit) !== 0) continue;
      words[word] = before | bit;
      size += 1;
    }
    return new PeerSet(firstWord, words, size);
  }

  has(member: number): boolean {
    // Outside of the words the element is undefined, and undefined & x is 0.
    return ((this.#words[(member >>> 5) - this.#firstWord] ?? 0) & (1 << (member & 31))) !== 0;
  }

  /** Members in ascending order. */
  members(): number[] {
    const members: number[] = [];
    for (const [index, word] of this.#words.entries()) {
      let rest = word;
      while (rest !== 0) {
        members.push(((this.#firstWord + index) << 5) + (31 - Math.clz32(rest & -rest)));
        rest &= rest - 1;
      }
    }
    return members;
  }

  union(other: PeerSet): PeerSet {
    if (other.size === 0) return this;
    if (this.size === 0) return other;
    return PeerSet.of([...this.members(), ...other.members()]);
  }

  minus(other: PeerSet): PeerSet {
    if (other.size === 0 || this.size === 0) return this;
    return PeerSet.of(this.members().filter((member) => !other.has(member)));
  }
}
