import type { Commit, Rejection } from '@kestrel/proto/cloud';

/** A position that was reached; `snapshotId` empty for the stream's own. */
export interface ReachedPosition {
  readonly stream: string;
  readonly epoch: string;
  readonly snapshotId: string;
  readonly seq: bigint;
  readonly timeNs: bigint;
}

/** Gathers what the next commit of the store will let the cloud say: the last position of each stream and snapshot. */
export class CommitDrafts {
  readonly #drafts = new Map<string, Commit>();

  /** A position was reached, and on the way to it these events could not be used. */
  reached(position: ReachedPosition, rejected: readonly Rejection[] = []): void {
    const { stream, epoch, snapshotId, seq, timeNs } = position;
    const key = `${stream} ${epoch} ${snapshotId}`;
    const all = [...(this.#drafts.get(key)?.rejected ?? []), ...rejected];
    this.#drafts.delete(key); // the order of the map is the order in which positions were last reached
    this.#drafts.set(key, { stream, epoch, snapshotId, committedSeq: seq, streamTimeNs: timeNs, rejected: all });
  }

  /** All of them, once. */
  take(): Commit[] {
    const commits = [...this.#drafts.values()];
    this.#drafts.clear();
    return commits;
  }
}
