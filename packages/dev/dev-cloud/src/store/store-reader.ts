import { chmodSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type * as z from 'zod';
import {
  commandRow,
  cursorRow,
  epochRow,
  eventRow,
  gapRow,
  objectRow,
  receiptRow,
  rejectedRow,
  sessionRow,
  snapshotRow,
  violationRow,
} from './rows.ts';

/** Which events are asked for: those of one stream in the order in which they came. */
export interface EventQuery {
  readonly stream: string;
  /** Only those that came after the event of this sequence (of `epoch`, or else of the stream's present one). */
  readonly after?: bigint;
  readonly epoch?: string;
  /** At most so many. */
  readonly limit: number;
}

/**
 * The reading side of one cluster's store: a connection of its own, which sees only what is durable. All sequences and
 * nanoseconds are bigints.
 */
export class StoreReader implements Disposable {
  readonly #db: DatabaseSync;

  constructor(file: string) {
    this.#db = new DatabaseSync(file, { readOnly: true });
  }

  /** The objects that exist now, with the last event of each. */
  inventory(): z.output<typeof objectRow>[] {
    return this.#all(
      objectRow,
      `SELECT o.subject, o.epoch, o.seq, o.type, o.digest, e.data FROM objects AS o
         JOIN events AS e ON e.stream = 'KESTREL_RESOURCES' AND e.epoch = o.epoch AND e.seq = o.seq
       WHERE o.deleted_by IS NULL ORDER BY o.subject`,
    );
  }

  /** The committed events of a stream, those of snapshots included, each once, in the order in which they came. */
  events(query: EventQuery & { readonly afterArrival?: bigint }): z.output<typeof eventRow>[] {
    return this.#all(
      eventRow,
      `SELECT arrival, stream, epoch, seq, subject, time_ns, type, headers, data, snapshot, rejected FROM events
       WHERE stream = ? AND arrival > ? ORDER BY arrival LIMIT ?`,
      query.stream,
      query.afterArrival ?? this.arrivalAfter(query),
      query.limit,
    );
  }

  /** The arrival number after which the events of a query begin. */
  arrivalAfter({ stream, epoch, after }: EventQuery): bigint {
    if (after === undefined) return 0n;
    const found = this.#statement(
      `SELECT max(arrival) AS arrival FROM events WHERE stream = ?1 AND seq <= ?3
       AND epoch = coalesce(?2, (SELECT epoch FROM cursors WHERE stream = ?1 ORDER BY tx DESC LIMIT 1))`,
    ).get(stream, epoch ?? null, after)?.['arrival'];
    return typeof found === 'bigint' ? found : 0n;
  }

  cursors(): z.output<typeof cursorRow>[] {
    return this.#all(
      cursorRow,
      `SELECT stream, epoch, seq, time_ns FROM cursors AS c
       WHERE tx = (SELECT max(tx) FROM cursors WHERE stream = c.stream) ORDER BY stream`,
    );
  }

  /** How many events of each stream and epoch are here, and how many of them came in a snapshot. */
  counts(): { stream: string; epoch: string; events: number; bySnapshot: number; rejected: number }[] {
    const rows = this.#statement(
      `SELECT stream, epoch, count(*) AS events, count(snapshot) AS shown, count(rejected) AS rejected
       FROM events GROUP BY stream, epoch ORDER BY min(arrival)`,
    ).all();
    return rows.map((row) => ({
      stream: String(row['stream']),
      epoch: String(row['epoch']),
      events: Number(row['events']),
      bySnapshot: Number(row['shown']),
      rejected: Number(row['rejected']),
    }));
  }

  violations(): z.output<typeof violationRow>[] {
    return this.#all(violationRow, 'SELECT * FROM violations ORDER BY id');
  }

  gaps(): z.output<typeof gapRow>[] {
    return this.#all(gapRow, 'SELECT session, stream, epoch, from_seq, to_seq, reason, count FROM gaps ORDER BY id');
  }

  epochs(): z.output<typeof epochRow>[] {
    return this.#all(epochRow, 'SELECT stream, epoch, previous, reason FROM epochs ORDER BY ordinal');
  }

  snapshots(): z.output<typeof snapshotRow>[] {
    return this.#all(
      snapshotRow,
      'SELECT id, stream, epoch, begin_seq, end_seq, outcome FROM snapshots ORDER BY begin_tx',
    );
  }

  sessions(): z.output<typeof sessionRow>[] {
    return this.#all(sessionRow, 'SELECT * FROM sessions ORDER BY started_ms, id');
  }

  rejected(): z.output<typeof rejectedRow>[] {
    return this.#all(
      rejectedRow,
      'SELECT stream, epoch, seq, subject, rejected FROM events WHERE rejected IS NOT NULL ORDER BY arrival',
    );
  }

  commands(): z.output<typeof commandRow>[] {
    return this.#all(
      commandRow,
      'SELECT id, digest, signed, issued_ms, expires_ms, sent FROM commands ORDER BY issued_ms',
    );
  }

  /** Commands that still hold and have no receipt. */
  unansweredCommands(nowMs: number): z.output<typeof commandRow>[] {
    return this.#all(
      commandRow,
      `SELECT id, digest, signed, issued_ms, expires_ms, sent FROM commands AS c
       WHERE expires_ms > ? AND NOT EXISTS (SELECT 1 FROM receipts WHERE digest = c.digest) ORDER BY issued_ms`,
      nowMs,
    );
  }

  receipts(): z.output<typeof receiptRow>[] {
    return this.#all(
      receiptRow,
      'SELECT at_ms, session, command, digest, state, reason FROM receipts ORDER BY arrival',
    );
  }

  /** Writes a copy of the store as it is now; the file must not exist yet. */
  backup(file: string): void {
    this.#db.prepare('VACUUM INTO ?').run(file);
    chmodSync(file, 0o600);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #all<S extends z.ZodType>(row: S, sql: string, ...values: readonly SQLInputValue[]): z.output<S>[] {
    return this.#statement(sql)
      .all(...values)
      .map((found) => row.parse(found));
  }

  #statement(sql: string): ReturnType<DatabaseSync['prepare']> {
    const statement = this.#db.prepare(sql);
    statement.setReadBigInts(true);
    return statement;
  }
}
