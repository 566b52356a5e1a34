import type { StreamEpoch } from '@kestrel/bus';
import { BatchCutter } from '../core/batch-cutter.ts';
import type { BatchCut } from '../core/batch-cutter.ts';
import type { Candidate } from '../core/choose-stream.ts';
import { encodeEventList } from '../core/event-encoder.ts';
import { tombstonesAtRisk } from '../core/plan-stream.ts';
import type { CloudPosition, LostRange, SnapshotPlan, StreamPlan } from '../core/plan-stream.ts';
import { SnapshotReplay } from '../core/snapshot-replay.ts';
import { StreamProgress } from '../core/stream-progress.ts';
import type { CommitNotice } from '../core/stream-progress.ts';
import type { UplinkedStream } from '../core/uplinked-streams.ts';
import { StreamFeed } from '../ingress/stream-feed.ts';
import { firstFrom } from '../ingress/stream-lookup.ts';
import { BatchPacker } from './batch-packer.ts';
import { batchFrame, beginFrame, endFrame, epochChangeFrame, gapFrame } from './frames.ts';
import type { SessionLink } from './session-link.ts';

/** Sends one stream in one session: opening marks, batches, gaps, and the end of a snapshot. */
export class StreamSender implements AsyncDisposable {
  readonly stream: UplinkedStream;
  readonly progress: StreamProgress;
  readonly epoch: string;
  readonly #link: SessionLink;
  readonly #packer: BatchPacker;
  #feed: StreamFeed;
  #cutter: BatchCutter;
  #replay: SnapshotReplay | undefined;
  /** Last sequence that was sent whole, or told as lost. */
  #sentSeq: number;
  #servedAt = 0;
  #lastSeq: number;
  #caughtUpMs = 0;
  #wantsResync = false;
  #emptyAt: number | undefined;

  constructor(
    link: SessionLink,
    o: {
      readonly stream: UplinkedStream;
      readonly plan: StreamPlan;
      readonly position: CloudPosition;
      readonly standing: StreamEpoch;
    },
  ) {
    const { plan, position, standing } = o;
    this.stream = o.stream;
    this.epoch = plan.epoch;
    this.#link = link;
    this.#packer = new BatchPacker(link.encodings);
    const streamTimeMs = plan.announce ? 0 : position.streamTimeMs;
    this.progress = new StreamProgress({ epoch: plan.epoch, cursor: plan.cursor, streamTimeMs });
    this.#sentSeq = plan.startSeq - 1;
    this.#lastSeq = standing.lastSeq;
    this.#open(plan, position);
    this.#feed = this.#newFeed(plan.startSeq);
    this.#cutter = this.#newCutter();
  }

  /** What the scheduler may choose; undefined while there is nothing to send. */
  candidate(): (Candidate & { readonly sender: StreamSender }) | undefined {
    if (this.#feed.peek() === undefined && !this.#wantsResync) return undefined;
    return {
      sender: this,
      trafficClass: this.stream.trafficClass,
      waitingBytes: this.#feed.waitingBytes,
      waitingSinceMs: this.#feed.waitingSinceMs,
      isWithinEvent: this.#cutter.isWithinEvent,
      servedAt: this.#servedAt,
    };
  }

  /** Sends one batch, with what belongs before and after it. */
  async sendNext(frameBytesMax: number, turn: number): Promise<void> {
    this.#servedAt = turn;
    // Never in the middle of an event: its parts would have no end.
    if (this.#wantsResync && !this.#cutter.isWithinEvent) return await this.#readAnew();
    this.#tellHole();
    const cut = this.#cutter.next(Math.min(frameBytesMax, this.#link.batchBytesMax), {
      endsWhenCaughtUp: this.#replay !== undefined,
    });
    if (cut === undefined) return;
    const replay = this.#replay;
    const written = this.#link.call.writeBulk(this.#batch(cut));
    if (replay && isWhole(cut) && cut.events.at(-1)?.pending === 0) this.#end(replay);
    await written;
  }

  /** The cloud committed. @throws OperationalError `protocol_error` */
  commit(notice: CommitNotice): void {
    const { ledger, events, window, clock } = this.#link;
    const outcome = this.progress.commit(notice);
    window.committed(outcome.flights, clock.monotonicMs());
    for (const event of outcome.rejected) {
      events.rejected({ stream: this.stream.name, event });
      ledger.rejected(this.stream.name, this.epoch, event);
    }
    if (!outcome.cursorMoved) return;
    events.committed({ stream: this.stream.name, seq: this.progress.committedSeq });
    events.lag({ stream: this.stream.name, events: this.lag });
  }

  /** The cloud asks for a snapshot: with its next turn the stream is read again from the beginning. */
  resync(): void {
    this.#wantsResync = true;
    this.#link.wake();
  }

  /**
   * The stream was looked at again. Returns why the session's plan no longer holds, if so. Sends what no event would
   * bring: the end of a snapshot behind which everything has expired, and the loss of a log that was emptied.
   */
  async lookAgain(standing: StreamEpoch | undefined, nowMs: number): Promise<string | undefined> {
    const { name, kind } = this.stream;
    if (this.#feed.failure) return this.#feed.failure.message;
    if (standing === undefined) return `stream ${name} is gone`;
    if (standing.epoch !== this.epoch) return `stream ${name} is in another epoch`;
    this.#lastSeq = standing.lastSeq;
    this.#link.events.lag({ stream: name, events: this.lag });
    const isIdle = this.#feed.peek() === undefined;
    const readSeq = Math.max(this.#feed.readSeq, this.#sentSeq);
    if (standing.lastSeq <= readSeq) this.#caughtUpMs = nowMs;
    if (kind === 'log') this.#tellEmptied(standing, isIdle);
    if (kind !== 'inventory') return undefined;
    if (this.#replay && isIdle) await this.#endIfNothingLeft(this.#replay);
    const safeUntilMs = Math.max(
      this.#feed.readTimeMs,
      this.#caughtUpMs,
      this.#replay?.beganMs ?? 0,
      this.progress.committedTimeMs,
    );
    const atRisk = tombstonesAtRisk(standing, this.#feed.readSeq, safeUntilMs, nowMs);
    return atRisk ? `stream ${name} was read too slowly, tombstones may have expired` : undefined;
  }

  /** Sequences between the stream's end and the cursor. */
  get lag(): number {
    return Math.max(0, this.#lastSeq - this.progress.committedSeq);
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Waits for a commit, or has something to send. */
  get isBusy(): boolean {
    return this.progress.unsettledFrames > 0 || this.#feed.peek() !== undefined;
  }

  get snapshotId(): string | undefined {
    return this.progress.replay?.id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#feed[Symbol.asyncDispose]();
  }

  async #readAnew(): Promise<void> {
    this.#wantsResync = false;
    await this.#feed[Symbol.asyncDispose]();
    this.#startReplay({ kind: 'begin', reason: 'resync' });
    this.#sentSeq = 0;
    this.#feed = this.#newFeed(1);
    this.#cutter = this.#newCutter();
  }

  get #name(): { stream: string; epoch: string } {
    return { stream: this.stream.name, epoch: this.epoch };
  }

  #open(plan: StreamPlan, position: CloudPosition): void {
    const { call, events, ledger } = this.#link;
    const stream = this.stream.name;
    if (plan.announce) {
      const { previousEpoch, reason } = plan.announce;
      call.write(epochChangeFrame({ stream, previousEpoch, epoch: plan.epoch, reason }));
      events.epochAnnounced({ stream, previousEpoch, epoch: plan.epoch, reason });
      if (previousEpoch !== '') ledger.storeLost(stream, reason, position.streamTimeMs);
    }
    if (plan.gap) this.#tellLost(plan.gap);
    if (plan.snapshot) this.#startReplay(plan.snapshot);
  }

  #tellLost(lost: LostRange): void {
    const { call, events, ledger } = this.#link;
    call.write(gapFrame(this.#name, lost));
    // Expired tombstones say nothing about a position: the cursor stays until the snapshot's end.
    if (lost.reason !== 'tombstones_expired') this.progress.sentGap(lost.toSeq);
    events.gapTold({ stream: this.stream.name, lost });
    ledger.lost(this.stream.name, lost, this.progress.committedTimeMs);
  }

  #tellHole(): void {
    const head = this.#feed.peek();
    if (this.stream.kind !== 'log' || head === undefined || this.#cutter.isWithinEvent) return;
    const fromSeq = this.#sentSeq + 1;
    const toSeq = head.seq - 1;
    if (toSeq < fromSeq) return;
    this.#tellLost({ fromSeq, toSeq, reason: 'retention', count: toSeq - fromSeq + 1 });
    this.#sentSeq = toSeq;
  }

  /** A log whose retention took everything brings no event that would show the hole. Twice, since some may be under way. */
  #tellEmptied(standing: StreamEpoch, isIdle: boolean): void {
    const isEmptied = isIdle && standing.messages === 0 && standing.lastSeq > this.#sentSeq;
    if (!isEmptied || this.#emptyAt !== this.#sentSeq) {
      this.#emptyAt = isEmptied ? this.#sentSeq : undefined;
      return;
    }
    const fromSeq = this.#sentSeq + 1;
    this.#tellLost({ fromSeq, toSeq: standing.lastSeq, reason: 'retention', count: standing.lastSeq - fromSeq + 1 });
    this.#sentSeq = standing.lastSeq;
    this.#emptyAt = undefined;
  }

  #batch(cut: BatchCut): Buffer {
    const { window, credit, clock, events } = this.#link;
    const packed = this.#packer.pack(encodeEventList(cut.events, cut.part));
    const frame = batchFrame(this.#name, this.#replay?.id, packed);
    const flight = window.sent(frame.length, clock.monotonicMs());
    credit.spend(this.stream.trafficClass, frame.length);
    const lastSeq = cut.events.at(-1)?.seq ?? this.#sentSeq;
    const whole = isWhole(cut) ? cut.events.map(({ seq, subject }) => ({ seq, subject })) : [];
    this.progress.sentBatch({ lastSeq, snapshotId: this.#replay?.id, flight, events: whole });
    for (const { seq, subject } of whole) this.#replay?.shown(subject, seq);
    if (whole.length > 0) this.#sentSeq = lastSeq;
    const stream = this.stream.name;
    events.batchSent({ stream, events: whole.length, wireBytes: frame.length, plainBytes: packed.sizeBytes });
    return frame;
  }

  #startReplay(plan: SnapshotPlan): void {
    const { call, clock, events, window } = this.#link;
    // What was sent may lie beyond the stream's end as it was last looked at.
    const knownSeq = Math.max(this.#lastSeq, this.#sentSeq);
    const replay = SnapshotReplay.start(plan, { knownSeq, nowMs: clock.nowMs() });
    window.forgotten(this.progress.beginReplay(replay.id, plan.kind === 'resume' ? plan.seq : 0));
    this.#replay = replay;
    if (plan.kind === 'begin') call.write(beginFrame(this.#name, replay.id, knownSeq));
    events.snapshotStarted({ stream: this.stream.name, id: replay.id, plan });
  }

  /** Ends the snapshot after what was sent last: nothing waited behind it when it was read. */
  #end(replay: SnapshotReplay): void {
    if (!replay.hasShownObject) return;
    const totals = replay.totals();
    this.#sentSeq = replay.endSeq(this.#sentSeq);
    this.#link.call.write(endFrame(this.#name, replay.id, this.#sentSeq, totals));
    this.progress.endReplay(this.#sentSeq);
    this.#replay = undefined;
    this.#link.events.snapshotEnded({
      stream: this.stream.name,
      id: replay.id,
      seq: this.#sentSeq,
      sent: totals.count,
    });
  }

  /** What was pending behind the last event can have expired, or been there when the snapshot was cut: ask the store. */
  async #endIfNothingLeft(replay: SnapshotReplay): Promise<void> {
    const next = await firstFrom(this.#link.buses[this.stream.account], this.stream.name, this.#sentSeq + 1);
    if (next === undefined && this.#feed.peek() === undefined && this.#replay === replay) this.#end(replay);
  }

  #newFeed(startSeq: number): StreamFeed {
    const { buses, clock, log, wake } = this.#link;
    const { name, account } = this.stream;
    return new StreamFeed(buses[account], { stream: name, startSeq, clock, log, onChange: wake });
  }

  #newCutter(): BatchCutter {
    return new BatchCutter(this.#feed, { stopsAtHoles: this.stream.kind === 'log' });
  }
}

function isWhole(cut: BatchCut): boolean {
  return cut.part === undefined || cut.part.part === cut.part.parts;
}
