import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

const SQL = {
  insertEvent: `INSERT INTO events (tx, session, stream, epoch, seq, subject, time_ns, type, digest, headers, data, snapshot, rejected)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream, epoch, seq) DO NOTHING`,
  sameEvent: `SELECT 1 FROM events WHERE stream = ? AND epoch = ? AND seq = ? AND subject = ? AND headers = ? AND data = ?`,
  hasEvent: 'SELECT 1 FROM events WHERE stream = ? AND epoch = ? AND seq = ?',
  putObject: `INSERT INTO objects (subject, epoch, seq, tx, type, digest, deleted_by) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (subject) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, tx = excluded.tx, type = excluded.type,
      digest = excluded.digest, deleted_by = excluded.deleted_by
    WHERE excluded.epoch <> objects.epoch OR excluded.seq >= objects.seq`,
  putCursor: 'INSERT OR REPLACE INTO cursors (stream, tx, epoch, seq, time_ns) VALUES (?, ?, ?, ?, ?)',
  insertEpoch: 'INSERT INTO epochs (tx, stream, epoch, previous, reason) VALUES (?, ?, ?, ?, ?)',
  hasEpoch: 'SELECT 1 FROM epochs WHERE stream = ? AND epoch = ?',
  insertGap:
    'INSERT INTO gaps (tx, session, stream, epoch, from_seq, to_seq, reason, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  insertSnapshot: 'INSERT INTO snapshots (id, stream, epoch, begin_tx, begin_seq) VALUES (?, ?, ?, ?, ?)',
  abandonSnapshots: `UPDATE snapshots SET end_tx = ?, outcome = 'abandoned' WHERE stream = ? AND outcome = 'open'`,
  endSnapshot: 'UPDATE snapshots SET end_tx = ?, end_seq = ?, outcome = ? WHERE id = ?',
  show: 'INSERT OR REPLACE INTO shown (snapshot, seq, tx, subject, time_ns) VALUES (?, ?, ?, ?, ?)',
  logPrunes: `INSERT INTO prunes (tx, snapshot, subject, epoch, seq)
    SELECT ?1, ?2, subject, epoch, seq FROM objects WHERE deleted_by IS NULL AND NOT (epoch = ?3 AND seq > ?4)
      AND subject NOT IN (SELECT subject FROM shown WHERE snapshot = ?2)`,
  applyPrunes: `UPDATE objects SET deleted_by = 'snapshot', tx = ?1
    WHERE deleted_by IS NULL AND subject IN (SELECT subject FROM prunes WHERE tx = ?1 AND snapshot = ?2)`,
  insertViolation: `INSERT INTO violations (at_ms, session, kind, stream, epoch, seq, detail) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  deleteViolations: 'DELETE FROM violations',
  insertSession: `INSERT INTO sessions (id, instance, version, term, certificate, started_ms) VALUES (?, ?, ?, ?, ?, ?)`,
  endSession: 'UPDATE sessions SET ended_ms = ?, end_reason = ? WHERE id = ? AND ended_ms IS NULL',
  endSessions: 'UPDATE sessions SET ended_ms = ?, end_reason = ? WHERE ended_ms IS NULL',
  insertCommand: 'INSERT OR IGNORE INTO commands (id, digest, signed, issued_ms, expires_ms) VALUES (?, ?, ?, ?, ?)',
  countSending: 'UPDATE commands SET sent = sent + 1 WHERE digest = ?',
  insertReceipt: 'INSERT INTO receipts (at_ms, session, command, digest, state, reason) VALUES (?, ?, ?, ?, ?, ?)',
  setMeta: 'INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)',
  cursors: `SELECT stream, epoch, seq, time_ns FROM cursors AS c
    WHERE tx = (SELECT max(tx) FROM cursors WHERE stream = c.stream)`,
  snapshot: 'SELECT id, stream, epoch, begin_seq, end_seq, outcome FROM snapshots WHERE id = ?',
  openSnapshots: `SELECT id, stream, epoch, begin_seq, end_seq, outcome FROM snapshots WHERE outcome = 'open'`,
  completeSnapshot: `SELECT 1 FROM snapshots WHERE stream = ? AND epoch = ? AND outcome = 'complete'`,
  lastShown: 'SELECT seq, time_ns FROM shown WHERE snapshot = ? ORDER BY seq DESC LIMIT 1',
  commandByDigest: 'SELECT 1 FROM commands WHERE digest = ?',
  getMeta: 'SELECT value FROM meta WHERE name = ?',
} as const;

/** The writer's statements, each prepared once. Integers come back as bigints. */
export class Statements {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<keyof typeof SQL, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Runs a statement; how many rows it changed. */
  run(name: keyof typeof SQL, ...values: readonly SQLInputValue[]): number {
    return Number(this.#statement(name).run(...values).changes);
  }

  /** The first row, if there is one. */
  row(name: keyof typeof SQL, ...values: readonly SQLInputValue[]): Record<string, unknown> | undefined {
    return this.#statement(name).get(...values);
  }

  rows(name: keyof typeof SQL, ...values: readonly SQLInputValue[]): Record<string, unknown>[] {
    return this.#statement(name).all(...values);
  }

  #statement(name: keyof typeof SQL): StatementSync {
    const known = this.#prepared.get(name);
    if (known) return known;
    const statement = this.#db.prepare(SQL[name]);
    statement.setReadBigInts(true);
    this.#prepared.set(name, statement);
    return statement;
  }
}
