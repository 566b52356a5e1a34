import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often a waiting process asks again. */
const retryIntervalMs = 250;
/** SQLite's SQLITE_BUSY: another connection holds the lock. */
const sqliteBusy = 5;

/**
 * Holds the lock that lives in this file, waiting while another process or another call in this one holds it.
 *
 * An exclusive transaction on an empty SQLite database is Node's way to a kernel file lock: the kernel releases it when
 * its holder dies, so there is no stale lock to detect and no process id to mistake for another's.
 * The file itself stays (it is empty): removing it would let a waiter and a newcomer hold "the" lock on different files.
 *
 * @param onWait called before each wait with the milliseconds waited so far
 */
export async function holdLock(file: string, onWait: (waitedMs: number) => void): Promise<Disposable> {
  const startedAtMs = performance.now();
  for (;;) {
    const held = tryHold(file);
    if (held) return held;
    onWait(performance.now() - startedAtMs);
    await sleep(retryIntervalMs);
  }
}

function tryHold(file: string): Disposable | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}
