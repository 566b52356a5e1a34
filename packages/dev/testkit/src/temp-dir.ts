import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of one's own; disposing removes it with all that is in it. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

/** Makes a fresh folder under the system's temp folder, readable by this user only. */
export async function tempDir(prefix = 'kestrel-'): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  return {
    path,
    // A server that was just killed may still be closing files: a few tries.
    [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}
