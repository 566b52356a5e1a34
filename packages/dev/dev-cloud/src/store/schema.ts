/**
 * The tables of one cluster's store. Every row of what the cluster sent carries `tx`, the number of the transaction that
 * wrote it: a store restored from an older copy is exactly the rows up to some transaction (see forget.ts). What the
 * cloud itself has seen (violations, sessions, commands) is kept whatever is forgotten.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS events (
  arrival INTEGER PRIMARY KEY,
  tx INTEGER NOT NULL,
  session TEXT NOT NULL,
  stream TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
  subject TEXT NOT NULL,
  time_ns INTEGER NOT NULL,
  type TEXT, digest TEXT,
  headers BLOB NOT NULL, data BLOB NOT NULL,
  snapshot TEXT,
  rejected TEXT
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS events_by_name ON events (stream, epoch, seq);
CREATE INDEX IF NOT EXISTS events_rejected ON events (stream, seq) WHERE rejected IS NOT NULL;

-- A history: the row with the highest tx of a stream is its cursor.
CREATE TABLE IF NOT EXISTS cursors (
  stream TEXT NOT NULL, tx INTEGER NOT NULL,
  epoch TEXT NOT NULL, seq INTEGER NOT NULL, time_ns INTEGER NOT NULL,
  PRIMARY KEY (stream, tx)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS epochs (
  ordinal INTEGER PRIMARY KEY,
  tx INTEGER NOT NULL,
  stream TEXT NOT NULL, epoch TEXT NOT NULL,
  previous TEXT NOT NULL, reason TEXT NOT NULL,
  UNIQUE (stream, epoch)
) STRICT;

CREATE TABLE IF NOT EXISTS gaps (
  id INTEGER PRIMARY KEY,
  tx INTEGER NOT NULL,
  session TEXT NOT NULL,
  stream TEXT NOT NULL, epoch TEXT NOT NULL,
  from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
  reason TEXT NOT NULL, count INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS snapshots (
  id TEXT PRIMARY KEY,
  stream TEXT NOT NULL, epoch TEXT NOT NULL,
  begin_tx INTEGER NOT NULL, begin_seq INTEGER NOT NULL,
  end_tx INTEGER, end_seq INTEGER,
  outcome TEXT NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'complete', 'mismatch', 'abandoned'))
) STRICT;

CREATE TABLE IF NOT EXISTS shown (
  snapshot TEXT NOT NULL, seq INTEGER NOT NULL,
  tx INTEGER NOT NULL,
  subject TEXT NOT NULL, time_ns INTEGER NOT NULL,
  PRIMARY KEY (snapshot, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS objects (
  subject TEXT PRIMARY KEY,
  epoch TEXT NOT NULL, seq INTEGER NOT NULL,
  tx INTEGER NOT NULL,
  type TEXT, digest TEXT,
  deleted_by TEXT CHECK (deleted_by IN ('tombstone', 'snapshot'))
) STRICT, WITHOUT ROWID;

-- Objects that a complete snapshot did not show.
CREATE TABLE IF NOT EXISTS prunes (
  tx INTEGER NOT NULL, snapshot TEXT NOT NULL,
  subject TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (subject, tx)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS violations (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  session TEXT NOT NULL,
  kind TEXT NOT NULL,
  stream TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY,
  instance TEXT NOT NULL, version TEXT NOT NULL, term INTEGER NOT NULL, certificate TEXT NOT NULL,
  started_ms INTEGER NOT NULL, ended_ms INTEGER, end_reason TEXT
) STRICT;

CREATE TABLE IF NOT EXISTS commands (
  digest TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  signed TEXT NOT NULL,
  issued_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS receipts (
  arrival INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  session TEXT NOT NULL,
  command TEXT NOT NULL, digest TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
`;
