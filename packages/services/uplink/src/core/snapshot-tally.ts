import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

/** Counts what one session sends for a snapshot: the END mark states it, and the cloud compares. */
export class SnapshotTally {
  readonly id: string;
  readonly #hash: Hash = createHash('sha256');
  #count = 0;

  constructor(id: string) {
    this.id = id;
  }

  add(subject: string, seq: number): void {
    this.#count += 1;
    this.#hash.update(`${subject} ${seq}\n`);
  }

  totals(): { readonly count: number; readonly digest: string } {
    return { count: this.#count, digest: this.#hash.copy().digest('hex') };
  }
}
