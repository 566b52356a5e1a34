import { Gap_Reason, gap_ReasonToJSON, SnapshotMark_Kind } from '@kestrel/proto/cloud';
import type { Commit, EpochChange, Event, Gap, Rejection, SnapshotMark } from '@kestrel/proto/cloud';
import { EVENT_TYPES } from '@kestrel/proto/events';
import { examineEvent, isFence } from '../events/examine-event.ts';
import type { ClusterStore, EventRecord, OpenSnapshotState, StoredCursor } from '../store/cluster-store.ts';
import type { ViolationKind } from '../store/violation.ts';
import { STREAM_RULES, type StreamRules } from '../streams.ts';
import { CommitDrafts } from './commit-drafts.ts';
import { EventAssembler, type WholeEvent } from './event-assembler.ts';
import { judgeGap, judgeSequence } from './sequence-rule.ts';
import { SnapshotTally } from './snapshot-tally.ts';

/** What the session must do after a frame: nothing, ask for a snapshot, or end, since the frame made no sense at all. */
export type Outcome =
  | { readonly kind: 'taken' }
  | { readonly kind: 'resync'; readonly stream: string; readonly reason: string }
  | { readonly kind: 'protocol_error'; readonly message: string };

/** The events of one batch, unpacked. */
export interface EventBatch {
  readonly stream: string;
  readonly epoch: string;
  readonly snapshotId: string;
  readonly events: readonly Event[];
}

/** What a session's ledger is made of. */
export interface SessionLedgerOptions {
  readonly store: ClusterStore;
  readonly sessionId: string;
  readonly now: () => number;
  /** Largest event, in bytes, after its parts are put together. */
  readonly eventBytesMax: number;
  /** False for benches: events are judged by their place and then dropped. */
  readonly keepEvents: boolean;
  /** Code with which the next event is rejected whatever it holds; undefined to look at it. */
  readonly forcedRejection: () => string | undefined;
}

const taken: Outcome = { kind: 'taken' };

/**
 * Judges and keeps what one session sends. Whatever breaks a promise becomes a violation, which nothing takes back; what
 * can still be used is used. Nothing is durable, and no Commit may be sent, before `commit`.
 */
export class SessionLedger {
  readonly #o: SessionLedgerOptions;
  readonly #store: ClusterStore;
  readonly #drafts = new CommitDrafts();
  readonly #assemblers = new Map<string, EventAssembler>();
  readonly #tallies = new Map<string, SnapshotTally>();

  constructor(options: SessionLedgerOptions) {
    this.#o = options;
    this.#store = options.store;
  }

  /** Makes everything until now durable and returns what may be said of it. */
  commit(): Commit[] {
    this.#store.commit();
    return this.#drafts.take();
  }

  batch(batch: EventBatch): Outcome {
    const rules = STREAM_RULES.get(batch.stream);
    if (!rules) return this.#protocolError('stream_unknown', batch, 'a batch of a stream that nobody knows');
    const cursor = this.#store.cursor(batch.stream);
    if (!cursor || cursor.epoch !== batch.epoch)
      return this.#protocolError('epoch_unannounced', batch, `a batch while the epoch is "${cursor?.epoch ?? ''}"`);
    if (batch.snapshotId !== '') return this.#snapshotBatch(rules, batch);
    if (rules.inventory && !this.#store.hasCompleteSnapshot(batch.stream, batch.epoch))
      this.violation('epoch_without_snapshot', batch, batch.events[0]?.seq, 'no snapshot of the epoch is complete');
    const rejected: Rejection[] = [];
    for (const event of this.#whole(batch)) {
      const code = this.#streamEvent(rules, batch, event);
      if (code !== undefined) rejected.push({ seq: event.seq, code });
    }
    this.#draft(batch.stream, rejected);
    return taken;
  }

  gap(gap: Gap): Outcome {
    const rules = STREAM_RULES.get(gap.stream);
    if (!rules) return this.#protocolError('stream_unknown', gap, 'a gap in a stream that nobody knows');
    if (!this.#store.hasEpoch(gap.stream, gap.epoch))
      return this.#protocolError('epoch_unannounced', gap, 'a gap in an epoch that was never announced');
    const reason = gap_ReasonToJSON(gap.reason);
    this.#store.addGap({ ...gap, session: this.#o.sessionId, reason });
    const cursor = this.#store.cursor(gap.stream);
    // What tombstones may be missing, or what an earlier epoch lost, says nothing about a position in this one.
    if (!cursor || cursor.epoch !== gap.epoch || gap.reason === Gap_Reason.TOMBSTONES_EXPIRED) return taken;
    const fault = judgeGap(cursor.seq, gap, rules.compacted);
    const range = `${gap.fromSeq} to ${gap.toSeq} with the cursor at ${cursor.seq}`;
    if (fault) this.violation(fault === 'hole' ? 'hole' : 'gap_invalid', gap, gap.fromSeq, `gap ${fault}: ${range}`);
    if (gap.toSeq > cursor.seq) this.#move(gap.stream, beyond(cursor, gap.toSeq));
    return taken;
  }

  epochChange(change: EpochChange): Outcome {
    const { stream, epoch, reason } = change;
    if (!STREAM_RULES.has(stream))
      return this.#protocolError('stream_unknown', change, 'an epoch of a stream that nobody knows');
    if (epoch === '') return this.#protocolError('epoch_unannounced', change, 'an epoch without a name');
    if (this.#store.hasEpoch(stream, epoch))
      return this.#protocolError('epoch_reused', change, 'an epoch that the stream already had');
    const previous = this.#store.cursor(stream)?.epoch ?? '';
    if (change.previousEpoch !== previous)
      this.violation(
        'epoch_previous_wrong',
        change,
        0n,
        `"${change.previousEpoch}" where the cursor has "${previous}"`,
      );
    this.#store.addEpoch({ stream, epoch, previous, reason });
    this.#store.abandonSnapshots(stream);
    this.#store.moveCursor(stream, { epoch, seq: 0n, timeNs: 0n });
    this.#assemblers.delete(stream);
    return taken;
  }

  snapshotMark(mark: SnapshotMark): Outcome {
    const rules = STREAM_RULES.get(mark.stream);
    if (!rules) return this.#protocolError('stream_unknown', mark, 'a snapshot of a stream that nobody knows');
    if (mark.snapshotId === '' || !rules.inventory)
      return this.#protocolError('snapshot_unknown', mark, 'a snapshot without an id, or of a stream that has none');
    const cursor = this.#store.cursor(mark.stream);
    if (!cursor || cursor.epoch !== mark.epoch)
      return this.#protocolError('epoch_unannounced', mark, `a snapshot while the epoch is "${cursor?.epoch ?? ''}"`);
    switch (mark.kind) {
      case SnapshotMark_Kind.BEGIN:
        return this.#beginSnapshot(mark);
      case SnapshotMark_Kind.END:
        return this.#endSnapshot(mark, cursor);
      default:
        return this.#protocolError('frame_unexpected', mark, 'a snapshot mark that is neither begin nor end');
    }
  }

  /** Keeps a breach of the protocol or of a promise. */
  violation(kind: ViolationKind, at: { stream: string; epoch: string }, seq = 0n, detail = ''): void {
    const { stream, epoch } = at;
    this.#store.addViolation(this.#o.now(), { session: this.#o.sessionId, kind, stream, epoch, seq, detail });
  }

  #protocolError(kind: ViolationKind, at: { stream: string; epoch: string }, detail: string): Outcome {
    this.violation(kind, at, 0n, detail);
    return { kind: 'protocol_error', message: `${at.stream}: ${detail}` };
  }

  *#whole(batch: EventBatch): Generator<WholeEvent> {
    const assembler = this.#assemblers.get(batch.stream) ?? new EventAssembler({ sizeBytesMax: this.#o.eventBytesMax });
    this.#assemblers.set(batch.stream, assembler);
    for (const event of batch.events) {
      const assembly = assembler.add(event);
      if (assembly.kind === 'whole') yield assembly.event;
      else if (assembly.kind === 'broken') this.violation('parts_broken', batch, event.seq, assembly.reason);
    }
  }

  /** Takes an event that must come right after the cursor. The code, if it can't be used. */
  #streamEvent(rules: StreamRules, batch: EventBatch, event: WholeEvent): string | undefined {
    const { stream, epoch } = batch;
    const position = this.#store.cursor(stream)?.seq ?? 0n;
    const fault = judgeSequence(position, event.seq, rules.compacted);
    if (fault === 'not_above') {
      const twice = this.#store.hasEvent(stream, epoch, event.seq);
      this.violation(twice ? 'sequence_twice' : 'sequence_behind', batch, event.seq, `the cursor is at ${position}`);
      return undefined;
    }
    if (fault === 'hole') this.violation('hole', batch, event.seq, `the cursor is at ${position}`);
    this.#store.moveCursor(stream, { epoch, seq: event.seq, timeNs: event.streamTimeNs });
    return this.#keep(rules, batch, event);
  }

  #snapshotBatch(rules: StreamRules, batch: EventBatch): Outcome {
    const snapshot = this.#openSnapshot(batch);
    if (!snapshot) return this.#protocolError('snapshot_unknown', batch, `no snapshot ${batch.snapshotId} is open`);
    const tally = this.#tally(batch.snapshotId);
    const { stream, epoch, snapshotId } = batch;
    const rejected: Rejection[] = [];
    let last: WholeEvent | undefined;
    for (const event of this.#whole(batch)) {
      const { seq, subject, streamTimeNs: timeNs } = event;
      if (!tally.add(subject, seq)) this.violation('snapshot_out_of_order', batch, seq, `snapshot ${snapshotId}`);
      const code = this.#keep(rules, batch, event);
      if (code !== undefined) rejected.push({ seq, code });
      this.#store.show(snapshotId, { seq, subject, timeNs });
      last = event;
    }
    if (last) this.#drafts.reached({ stream, epoch, snapshotId, seq: last.seq, timeNs: last.streamTimeNs }, rejected);
    return taken;
  }

  #openSnapshot(at: { stream: string; epoch: string; snapshotId: string }): OpenSnapshotState | undefined {
    const snapshot = this.#store.snapshot(at.snapshotId);
    if (!snapshot || snapshot === 'ended') return undefined;
    return snapshot.stream === at.stream && snapshot.epoch === at.epoch ? snapshot : undefined;
  }

  #beginSnapshot(mark: SnapshotMark): Outcome {
    const { snapshotId: id, stream, epoch, seq: beginSeq } = mark;
    const known = this.#store.snapshot(id);
    if (known === 'ended') return this.#protocolError('snapshot_unknown', mark, `snapshot ${id} has already ended`);
    this.#tallies.delete(id);
    if (known && !this.#openSnapshot(mark))
      return this.#protocolError('snapshot_unknown', mark, `snapshot ${id} is one of another stream or epoch`);
    if (!known) this.#store.beginSnapshot({ id, stream, epoch, beginSeq });
    return taken;
  }

  #endSnapshot(mark: SnapshotMark, cursor: StoredCursor): Outcome {
    const { snapshotId: id, stream, seq: endSeq } = mark;
    const snapshot = this.#openSnapshot(mark);
    if (!snapshot) return this.#protocolError('snapshot_unknown', mark, `no snapshot ${id} is open`);
    const { count, digest } = this.#tally(id).totals();
    this.#tallies.delete(id);
    if (mark.sentCount !== count || mark.sentDigest !== digest) {
      const detail = `snapshot ${id}: ${mark.sentCount} events stated, ${count} received, digests ${mark.sentDigest === digest ? 'equal' : 'differ'}`;
      this.violation('snapshot_mismatch', mark, endSeq, detail);
      this.#store.endSnapshot(snapshot, endSeq, 'mismatch');
      return { kind: 'resync', stream, reason: detail };
    }
    if (endSeq < snapshot.shownSeq || endSeq < cursor.seq) {
      const detail = `snapshot ${id} ends at ${endSeq}, behind ${snapshot.shownSeq} shown or the cursor at ${cursor.seq}`;
      this.violation('snapshot_end_behind', mark, endSeq, detail);
      this.#store.endSnapshot(snapshot, endSeq, 'mismatch');
      return { kind: 'resync', stream, reason: detail };
    }
    this.#store.endSnapshot(snapshot, endSeq, 'complete');
    const last = snapshot.shownSeq > cursor.seq ? { seq: snapshot.shownSeq, timeNs: snapshot.shownTimeNs } : cursor;
    this.#move(stream, beyond({ epoch: mark.epoch, seq: last.seq, timeNs: last.timeNs }, endSeq));
    return taken;
  }

  #tally(snapshotId: string): SnapshotTally {
    const tally = this.#tallies.get(snapshotId) ?? new SnapshotTally();
    this.#tallies.set(snapshotId, tally);
    return tally;
  }

  /** Keeps the event and what it says of its object. The code, if the event can't be used. */
  #keep(rules: StreamRules, batch: EventBatch, event: WholeEvent): string | undefined {
    if (!this.#o.keepEvents) return undefined;
    const { stream, epoch, snapshotId } = batch;
    const { seq, subject, streamTimeNs: timeNs, headers, data } = event;
    const { type, digest, ...examined } = examineEvent(rules, subject, headers, data);
    const rejected = this.#o.forcedRejection() ?? examined.rejected;
    const record: EventRecord = {
      session: this.#o.sessionId,
      stream,
      epoch,
      seq,
      subject,
      timeNs,
      type,
      digest,
      headers,
      data,
      rejected,
      snapshot: snapshotId === '' ? undefined : snapshotId,
    };
    if (!this.#store.addEvent(record) && !this.#store.isSameEvent(record))
      this.violation('name_reused', batch, seq, `another event has this name; this one is ${subject}`);
    if (rules.inventory && rejected === undefined && !isFence(subject))
      this.#store.putObject({ subject, epoch, seq, type, digest, deleted: type === EVENT_TYPES.resourceDeleted });
    return rejected;
  }

  #move(stream: string, cursor: StoredCursor): void {
    this.#store.moveCursor(stream, cursor);
    this.#draft(stream);
  }

  /** A Commit for where the stream's cursor stands now. */
  #draft(stream: string, rejected: readonly Rejection[] = []): void {
    const cursor = this.#store.cursor(stream);
    if (cursor) this.#drafts.reached({ stream, snapshotId: '', ...cursor }, rejected);
  }
}

/**
 * The cursor moved on to a sequence whose time nobody knows. Its time must be after the last known event, or else the
 * check for a restored stream (first message at or after the time has a sequence at or above the cursor) would find that
 * event and take the stream for a restored one.
 */
function beyond(cursor: StoredCursor, seq: bigint): StoredCursor {
  if (seq === cursor.seq) return cursor;
  return { epoch: cursor.epoch, seq, timeNs: cursor.timeNs === 0n ? 0n : cursor.timeNs + 1n };
}
