import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { cursorRow, snapshotRow } from './rows.ts';
import { SCHEMA } from './schema.ts';
import { Statements } from './statements.ts';
import type { Violation } from './violation.ts';

/** Name and place of one event, and what is kept of it. */
export interface EventRecord {
  readonly session: string;
  readonly stream: string;
  readonly epoch: string;
  readonly seq: bigint;
  readonly subject: string;
  readonly timeNs: bigint;
  readonly type: string | undefined;
  /** The header Kestrel-Digest. */
  readonly digest: string | undefined;
  readonly headers: Uint8Array;
  readonly data: Uint8Array;
  readonly snapshot: string | undefined;
  readonly rejected: string | undefined;
}

/** An object of the inventory as one event left it. */
export interface ObjectRecord {
  readonly subject: string;
  readonly epoch: string;
  readonly seq: bigint;
  readonly type: string | undefined;
  readonly digest: string | undefined;
  readonly deleted: boolean;
}

/** The position in a stream. */
export interface StoredCursor {
  readonly epoch: string;
  readonly seq: bigint;
  readonly timeNs: bigint;
}

/** How far a snapshot that has not ended was received. */
export interface OpenSnapshotState {
  readonly id: string;
  readonly stream: string;
  readonly epoch: string;
  readonly beginSeq: bigint;
  readonly shownSeq: bigint;
  readonly shownTimeNs: bigint;
}

/**
 * The writing side of one cluster's store. Writes gather in one open transaction; `commit` makes them durable (WAL with
 * synchronous FULL: an fsync each), and only then may a Commit frame be sent. What a killed process had not committed is
 * gone as if it never came. Reading is done by StoreReader, which sees nothing before it is durable.
 */
export class ClusterStore implements Disposable {
  readonly file: string;
  readonly #db: DatabaseSync;
  readonly #statements: Statements;
  readonly #cursors = new Map<string, StoredCursor>();
  readonly #moved = new Set<string>();
  #tx: bigint;

  constructor(file: string) {
    this.file = file;
    this.#db = new DatabaseSync(file);
    chmodSync(file, 0o600); // it holds what a customer's cluster sent
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000');
    this.#db.exec(SCHEMA);
    this.#statements = new Statements(this.#db);
    this.#tx = BigInt(this.meta('tx') ?? '0');
    this.#loadCursors();
  }

  cursor(stream: string): StoredCursor | undefined {
    return this.#cursors.get(stream);
  }

  moveCursor(stream: string, cursor: StoredCursor): void {
    this.#begin();
    this.#cursors.set(stream, cursor);
    this.#moved.add(stream);
  }

  /** Keeps an event. False when one of that name is already here; it stays as it was. */
  addEvent(event: EventRecord): boolean {
    const { session, stream, epoch, seq, subject, timeNs, type, digest, headers, data, snapshot, rejected } = event;
    this.#begin();
    const name = [this.#tx, session, stream, epoch, seq] as const;
    const about = [subject, timeNs, type ?? null, digest ?? null, headers, data] as const;
    return this.#statements.run('insertEvent', ...name, ...about, snapshot ?? null, rejected ?? null) === 1;
  }

  hasEvent(stream: string, epoch: string, seq: bigint): boolean {
    return this.#statements.row('hasEvent', stream, epoch, seq) !== undefined;
  }

  /** Whether the event that has this name is this very one. */
  isSameEvent({ stream, epoch, seq, subject, headers, data }: EventRecord): boolean {
    return this.#statements.row('sameEvent', stream, epoch, seq, subject, headers, data) !== undefined;
  }

  /** Takes over the object's state unless a later one of the same epoch is here. */
  putObject({ subject, epoch, seq, type, digest, deleted }: ObjectRecord): void {
    const deletedBy = deleted ? 'tombstone' : null;
    this.#begin();
    this.#statements.run('putObject', subject, epoch, seq, this.#tx, type ?? null, digest ?? null, deletedBy);
  }

  addEpoch(change: { stream: string; epoch: string; previous: string; reason: string }): void {
    this.#begin();
    this.#statements.run('insertEpoch', this.#tx, change.stream, change.epoch, change.previous, change.reason);
  }

  hasEpoch(stream: string, epoch: string): boolean {
    return this.#statements.row('hasEpoch', stream, epoch) !== undefined;
  }

  addGap(gap: {
    session: string;
    stream: string;
    epoch: string;
    fromSeq: bigint;
    toSeq: bigint;
    reason: string;
    count: bigint;
  }): void {
    const { session, stream, epoch, fromSeq, toSeq, reason, count } = gap;
    this.#begin();
    this.#statements.run('insertGap', this.#tx, session, stream, epoch, fromSeq, toSeq, reason, count);
  }

  /** Opens a snapshot; another one of the stream that is still open is abandoned. */
  beginSnapshot(snapshot: { id: string; stream: string; epoch: string; beginSeq: bigint }): void {
    this.abandonSnapshots(snapshot.stream);
    this.#statements.run('insertSnapshot', snapshot.id, snapshot.stream, snapshot.epoch, this.#tx, snapshot.beginSeq);
  }

  abandonSnapshots(stream: string): void {
    this.#begin();
    this.#statements.run('abandonSnapshots', this.#tx, stream);
  }

  show(snapshot: string, shown: { seq: bigint; subject: string; timeNs: bigint }): void {
    this.#begin();
    this.#statements.run('show', snapshot, shown.seq, this.#tx, shown.subject, shown.timeNs);
  }

  /** Ends a snapshot; complete: every object that it did not show is deleted. How many objects that were. */
  endSnapshot(snapshot: OpenSnapshotState, endSeq: bigint, outcome: 'complete' | 'mismatch'): number {
    this.#begin();
    this.#statements.run('endSnapshot', this.#tx, endSeq, outcome, snapshot.id);
    if (outcome === 'mismatch') return 0;
    this.#statements.run('logPrunes', this.#tx, snapshot.id, snapshot.epoch, endSeq);
    return this.#statements.run('applyPrunes', this.#tx, snapshot.id);
  }

  /** What is known of a snapshot: open with its position, ended, or nothing. */
  snapshot(id: string): OpenSnapshotState | 'ended' | undefined {
    const row = this.#statements.row('snapshot', id);
    if (!row) return undefined;
    const known = snapshotRow.parse(row);
    return known.outcome === 'open' ? this.#openSnapshot(known) : 'ended';
  }

  openSnapshots(): OpenSnapshotState[] {
    return this.#statements.rows('openSnapshots').map((row) => this.#openSnapshot(snapshotRow.parse(row)));
  }

  /** True once a snapshot of this epoch was complete. */
  hasCompleteSnapshot(stream: string, epoch: string): boolean {
    return this.#statements.row('completeSnapshot', stream, epoch) !== undefined;
  }

  addViolation(atMs: number, violation: Violation): void {
    const { session, kind, stream, epoch, seq, detail } = violation;
    this.#begin();
    this.#statements.run('insertViolation', BigInt(atMs), session, kind, stream, epoch, seq, detail);
  }

  /** Puts another store's violations in the place of this one's: what was found broken is not forgotten by a restore. */
  replaceViolations(violations: readonly (Violation & { readonly atMs: number })[]): void {
    this.#begin();
    this.#statements.run('deleteViolations');
    for (const violation of violations) this.addViolation(violation.atMs, violation);
  }

  beginSession(session: {
    id: string;
    instance: string;
    version: string;
    term: bigint;
    certificate: string;
    startedMs: number;
  }): void {
    const { id, instance, version, term, certificate, startedMs } = session;
    this.#begin();
    this.#statements.run('insertSession', id, instance, version, term, certificate, BigInt(startedMs));
    this.setMeta('highest_term', String(term));
  }

  endSession(id: string, atMs: number, reason: string): void {
    this.#begin();
    this.#statements.run('endSession', BigInt(atMs), reason, id);
  }

  /** Ends the sessions that a killed process left open. */
  endAllSessions(atMs: number, reason: string): void {
    this.#begin();
    this.#statements.run('endSessions', BigInt(atMs), reason);
  }

  highestTerm(): bigint {
    return BigInt(this.meta('highest_term') ?? '0');
  }

  addCommand(command: { id: string; digest: string; signed: string; issuedMs: number; expiresMs: number }): void {
    const { id, digest, signed, issuedMs, expiresMs } = command;
    this.#begin();
    this.#statements.run('insertCommand', id, digest, signed, BigInt(issuedMs), BigInt(expiresMs));
  }

  countSending(digest: string): void {
    this.#begin();
    this.#statements.run('countSending', digest);
  }

  /** False when no such command was ever sent. */
  addReceipt(receipt: {
    atMs: number;
    session: string;
    command: string;
    digest: string;
    state: string;
    reason: string;
  }): boolean {
    const { atMs, session, command, digest, state, reason } = receipt;
    this.#begin();
    this.#statements.run('insertReceipt', BigInt(atMs), session, command, digest, state, reason);
    return this.#statements.row('commandByDigest', digest) !== undefined;
  }

  meta(name: string): string | undefined {
    const value = this.#statements.row('getMeta', name)?.['value'];
    return typeof value === 'string' ? value : undefined;
  }

  setMeta(name: string, value: string): void {
    this.#begin();
    this.#statements.run('setMeta', name, value);
  }

  /** Makes everything since the last commit durable. On failure nothing of it is, and the store can't be used any more. */
  commit(): void {
    if (!this.#db.isTransaction) return;
    for (const stream of this.#moved) {
      const cursor = this.#cursors.get(stream);
      if (cursor) this.#statements.run('putCursor', stream, this.#tx, cursor.epoch, cursor.seq, cursor.timeNs);
    }
    this.#statements.run('setMeta', 'tx', String(this.#tx));
    this.#db.exec('COMMIT');
    this.#moved.clear();
  }

  /** Runs work on the database itself in a transaction of its own and reads the cursors anew; see forget.ts. */
  rewrite(work: (db: DatabaseSync) => void): void {
    this.commit();
    this.#begin();
    try {
      work(this.#db);
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
    this.#loadCursors();
  }

  [Symbol.dispose](): void {
    this.commit();
    this.#db.close();
  }

  #begin(): void {
    if (this.#db.isTransaction) return;
    this.#db.exec('BEGIN IMMEDIATE');
    this.#tx += 1n;
  }

  #loadCursors(): void {
    this.#cursors.clear();
    for (const row of this.#statements.rows('cursors')) {
      const { stream, ...cursor } = cursorRow.parse(row);
      this.#cursors.set(stream, cursor);
    }
  }

  #openSnapshot(row: { id: string; stream: string; epoch: string; beginSeq: bigint }): OpenSnapshotState {
    const last = this.#statements.row('lastShown', row.id);
    return {
      id: row.id,
      stream: row.stream,
      epoch: row.epoch,
      beginSeq: row.beginSeq,
      shownSeq: typeof last?.['seq'] === 'bigint' ? last['seq'] : 0n,
      shownTimeNs: typeof last?.['time_ns'] === 'bigint' ? last['time_ns'] : 0n,
    };
  }
}
