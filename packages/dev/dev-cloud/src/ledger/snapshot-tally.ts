import { createHash, type Hash } from 'node:crypto';

/** What one session has sent for a snapshot: its end must state the same count and digest. */
export class SnapshotTally {
  readonly #hash: Hash = createHash('sha256');
  #count = 0n;
  #lastSeq = 0n;

  /** Counts an event. False when it does not come after the one before. */
  add(subject: string, seq: bigint): boolean {
    const ascending = seq > this.#lastSeq;
    this.#lastSeq = seq;
    this.#count += 1n;
    this.#hash.update(`${subject} ${seq}\n`);
    return ascending;
  }

  /** Count and digest as they must stand in the mark. */
  totals(): { readonly count: bigint; readonly digest: string } {
    return { count: this.#count, digest: this.#hash.copy().digest('hex') };
  }
}
