import { createHash, randomBytes } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { subjects } from '@kestrel/bus';
import type { SnapshotPlan } from './plan-stream.ts';
import { newSnapshotId, snapshotBeganMs } from './snapshot-id.ts';

/** A snapshot as one session sends it, or goes on with it. */
export class SnapshotReplay {
  readonly id: string;
  /** Epoch milliseconds at which its first session began it. */
  readonly beganMs: number;
  readonly #hash: Hash = createHash('sha256');
  readonly #knownSeq: number;
  #count = 0;
  #hasShownObject: boolean;

  private constructor(o: { id: string; beganMs: number; knownSeq: number; hasShownObject: boolean }) {
    this.id = o.id;
    this.beganMs = o.beganMs;
    this.#knownSeq = o.knownSeq;
    this.#hasShownObject = o.hasShownObject;
  }

  /** `knownSeq`: last sequence of the stream, looked at before the replay reads its first message. */
  static start(plan: SnapshotPlan, o: { readonly knownSeq: number; readonly nowMs: number }): SnapshotReplay {
    const { knownSeq, nowMs } = o;
    if (plan.kind === 'begin') {
      const id = newSnapshotId(nowMs, randomBytes(6).toString('hex'));
      return new SnapshotReplay({ id, beganMs: nowMs, knownSeq, hasShownObject: false });
    }
    // What an earlier session showed, it showed.
    const beganMs = snapshotBeganMs(plan.id) ?? nowMs;
    return new SnapshotReplay({ id: plan.id, beganMs, knownSeq, hasShownObject: plan.seq > 0 });
  }

  /** False: its end would empty the cloud's inventory on the word of a stream that holds no object. */
  get hasShownObject(): boolean {
    return this.#hasShownObject;
  }

  shown(subject: string, seq: number): void {
    this.#count += 1;
    this.#hash.update(`${subject} ${seq}\n`);
    this.#hasShownObject ||= subjects.parseResource(subject) !== undefined;
  }

  /** Count and digest of what this session has sent for it, as the END mark states them. */
  totals(): { readonly count: number; readonly digest: string } {
    return { count: this.#count, digest: this.#hash.copy().digest('hex') };
  }

  /**
   * Where the cursor stands after an end behind `sentSeq`. Expired tombstones leave sequences that no message has: the
   * cursor must not stay before them, or they would count as missed.
   */
  endSeq(sentSeq: number): number {
    return Math.max(sentSeq, this.#knownSeq);
  }
}
