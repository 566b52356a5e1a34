import type { DatabaseSync } from 'node:sqlite';
import type { ClusterStore } from './cluster-store.ts';

/**
 * Puts the store back to what it was before its last events, as if it had been restored from an older copy: whole
 * transactions go, so that cursors, objects and snapshots are exactly those of that moment. At least `count` events are
 * forgotten (all, if there are fewer). Violations, sessions and commands stay. Returns how many events went.
 */
export function forgetLast(store: ClusterStore, count: number): number {
  let forgotten = 0;
  store.rewrite((db) => {
    const cut = db.prepare('SELECT tx FROM events ORDER BY arrival DESC LIMIT 1 OFFSET ?').get(count - 1);
    const first = cut ?? db.prepare('SELECT 0 AS tx').get();
    const tx = Number(first?.['tx'] ?? 0);
    forgotten = Number(db.prepare('DELETE FROM events WHERE tx >= ?').run(tx).changes);
    for (const table of ['cursors', 'epochs', 'gaps', 'shown', 'prunes']) {
      db.prepare(`DELETE FROM ${table} WHERE tx >= ?`).run(tx);
    }
    db.prepare('DELETE FROM snapshots WHERE begin_tx >= ?').run(tx);
    db.prepare(`UPDATE snapshots SET end_tx = NULL, end_seq = NULL, outcome = 'open' WHERE end_tx >= ?`).run(tx);
    rebuildObjects(db);
  });
  return forgotten;
}

/** An object is the last of its subject's events that could be used, unless a later snapshot did not show it. */
function rebuildObjects(db: DatabaseSync): void {
  db.exec(`
    DELETE FROM objects;
    INSERT INTO objects (subject, epoch, seq, tx, type, digest, deleted_by)
      SELECT subject, epoch, seq, tx, type, digest, CASE WHEN type LIKE '%.resource.deleted.%' THEN 'tombstone' END
      FROM (
        SELECT e.*, row_number() OVER (PARTITION BY subject ORDER BY p.ordinal DESC, seq DESC) AS place
        FROM events AS e JOIN epochs AS p USING (stream, epoch)
        WHERE stream = 'KESTREL_RESOURCES' AND rejected IS NULL AND subject NOT GLOB 'kestrel.resources._fence.*'
      ) WHERE place = 1;
    UPDATE objects SET deleted_by = 'snapshot', tx = p.tx
      FROM prunes AS p WHERE p.subject = objects.subject AND p.epoch = objects.epoch AND p.seq = objects.seq
        AND objects.deleted_by IS NULL;
  `);
}
