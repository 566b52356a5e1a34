import { OperationalError } from '@kestrel/runtime';
import type { Flight } from './flight-window.ts';

/** A frame that waits for its commit. */
export interface SentFrame {
  /** The commit of this sequence settles the frame: its last event's, also where it holds only a part of that. */
  readonly lastSeq: number;
  /** Set for frames of a snapshot. */
  readonly snapshotId: string | undefined;
  readonly flight: Flight;
  /** Sequences and subjects of the events that end in this frame, for rejections. */
  readonly events: readonly { readonly seq: number; readonly subject: string }[];
}

/** A Commit, in numbers. */
export interface CommitNotice {
  readonly epoch: string;
  readonly seq: number;
  readonly snapshotId: string;
  readonly streamTimeMs: number;
  readonly rejected: readonly { readonly seq: number; readonly code: string }[];
}

export interface RejectedEvent {
  readonly seq: number;
  readonly code: string;
  readonly subject: string;
}

export interface CommitOutcome {
  /** Frames that are settled, in the order sent. */
  readonly flights: readonly Flight[];
  /** Of the events that this commit settles only: the same rejection in a commit that is repeated means nothing. */
  readonly rejected: readonly RejectedEvent[];
  readonly cursorMoved: boolean;
}

/** The snapshot that is being sent, or waits for the commit of its end. */
interface Replay {
  readonly id: string;
  committedSeq: number;
  sentSeq: number;
  endSeq: number | undefined;
}

/** Snapshots given up whose late commits are still known; a cloud that asks for more in one session is not believed. */
const abandonedMax = 64;

/**
 * What was sent of one stream in one session and what the cloud has committed of it. The cursor moves by commits only, and
 * a commit that can't be true ends the session: a cloud that confirms what it never got would let events be lost.
 */
export class StreamProgress {
  readonly #epoch: string;
  readonly #unsettled: SentFrame[] = [];
  /** Snapshots of this session that were given up: their commits may still come, and mean nothing. */
  readonly #abandoned = new Set<string>();
  #committedSeq: number;
  #committedTimeMs: number;
  /** Highest sequence that the cloud may commit as its cursor. */
  #sentSeq: number;
  #replay: Replay | undefined;

  constructor(o: { readonly epoch: string; readonly cursor: number; readonly streamTimeMs: number }) {
    this.#epoch = o.epoch;
    this.#committedSeq = o.cursor;
    this.#committedTimeMs = o.streamTimeMs;
    this.#sentSeq = o.cursor;
  }

  get committedSeq(): number {
    return this.#committedSeq;
  }

  get committedTimeMs(): number {
    return this.#committedTimeMs;
  }

  get unsettledFrames(): number {
    return this.#unsettled.length;
  }

  /** The snapshot that the cloud has not confirmed yet. */
  get replay(): { readonly id: string; readonly committedSeq: number; readonly ended: boolean } | undefined {
    const replay = this.#replay;
    return replay && { id: replay.id, committedSeq: replay.committedSeq, ended: replay.endSeq !== undefined };
  }

  sentBatch(frame: SentFrame): void {
    this.#unsettled.push(frame);
    if (frame.snapshotId === undefined) this.#sentSeq = Math.max(this.#sentSeq, frame.lastSeq);
    else if (this.#replay?.id === frame.snapshotId)
      this.#replay.sentSeq = Math.max(this.#replay.sentSeq, frame.lastSeq);
  }

  sentGap(toSeq: number): void {
    this.#sentSeq = Math.max(this.#sentSeq, toSeq);
  }

  /** A snapshot begins, or goes on at `seq`. One that was under way is given up; its frames count no more. */
  beginReplay(id: string, seq: number): readonly Flight[] {
    const former = this.#replay;
    const givenUp = former === undefined ? [] : this.#take((frame) => frame.snapshotId === former.id);
    if (former !== undefined) this.#abandon(former.id);
    this.#replay = { id, committedSeq: seq, sentSeq: seq, endSeq: undefined };
    return givenUp.map((frame) => frame.flight);
  }

  #abandon(id: string): void {
    this.#abandoned.add(id);
    const [oldest] = this.#abandoned;
    if (this.#abandoned.size > abandonedMax && oldest !== undefined) this.#abandoned.delete(oldest);
  }

  endReplay(endSeq: number): void {
    if (this.#replay === undefined) throw new Error('a snapshot ends that was not begun');
    this.#replay.endSeq = endSeq;
    this.#sentSeq = Math.max(this.#sentSeq, endSeq);
  }

  /** @throws OperationalError `protocol_error` for a commit that can't be true */
  commit(notice: CommitNotice): CommitOutcome {
    if (notice.epoch !== this.#epoch) throw impossible(`of epoch ${notice.epoch}, the stream is in ${this.#epoch}`);
    if (this.#abandoned.has(notice.snapshotId)) return { flights: [], rejected: [], cursorMoved: false };
    const inReplay = notice.snapshotId !== '';
    const settled = inReplay ? this.#commitReplay(notice) : this.#commitCursor(notice);
    return {
      flights: settled.map((frame) => frame.flight),
      rejected: notice.rejected.flatMap(({ seq, code }) => {
        const subject = subjectOf(settled, seq);
        return subject === undefined ? [] : [{ seq, code, subject }];
      }),
      cursorMoved: !inReplay,
    };
  }

  #commitReplay({ snapshotId, seq }: CommitNotice): SentFrame[] {
    const replay = this.#replay;
    if (replay?.id !== snapshotId) throw impossible(`of snapshot ${snapshotId}, which was not begun`);
    if (seq > replay.sentSeq) throw impossible(`up to ${seq} of a snapshot that was sent up to ${replay.sentSeq}`);
    if (seq < replay.committedSeq)
      throw impossible(`back to ${seq} of a snapshot committed up to ${replay.committedSeq}`);
    replay.committedSeq = seq;
    return this.#take((frame) => frame.snapshotId === snapshotId && frame.lastSeq <= seq);
  }

  #commitCursor({ seq, streamTimeMs }: CommitNotice): SentFrame[] {
    if (seq > this.#sentSeq) throw impossible(`up to ${seq}, sent is ${this.#sentSeq}`);
    if (seq < this.#committedSeq) throw impossible(`back to ${seq}, committed is ${this.#committedSeq}`);
    this.#committedSeq = seq;
    this.#committedTimeMs = streamTimeMs;
    const replay = this.#replay;
    const completes = replay?.endSeq !== undefined && seq >= replay.endSeq ? replay : undefined;
    if (completes) this.#replay = undefined;
    return this.#take((frame) =>
      frame.snapshotId === undefined ? frame.lastSeq <= seq : frame.snapshotId === completes?.id,
    );
  }

  #take(isSettled: (frame: SentFrame) => boolean): SentFrame[] {
    const settled = this.#unsettled.filter(isSettled);
    if (settled.length === 0) return settled;
    const rest = this.#unsettled.filter((frame) => !isSettled(frame));
    this.#unsettled.splice(0, this.#unsettled.length, ...rest);
    return settled;
  }
}

function subjectOf(frames: readonly SentFrame[], seq: number): string | undefined {
  for (const { events } of frames) {
    const event = events.find((one) => one.seq === seq);
    if (event) return event.subject;
  }
  return undefined;
}

function impossible(what: string): OperationalError {
  return new OperationalError('protocol_error', `the cloud sends a commit that can't be true: ${what}`);
}
