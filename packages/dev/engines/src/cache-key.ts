import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import type { Engine } from './engine-table.ts';
import type { Environment } from './environment.ts';

/** The project's cache folder, outside the tree; the same rule as in `./dev`. */
export function cacheFolder(env: Environment): string {
  const own = env['KESTREL_CACHE'];
  if (own) return own;
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'kestrel-operator');
}

/** Name of an engine's cache entry: changes with everything that goes into the build. */
export async function cacheKey(engine: Engine, moduleFolder: string): Promise<string> {
  const hash = createHash('sha256');
  const files = engine.wheel === true ? ['requirements.txt'] : await goFiles(moduleFolder);
  for (const file of files) hash.update(`${file}\n`).update(await contentOrNothing(join(moduleFolder, file)));
  hash.update(JSON.stringify([engine.package, engine.ldflags]));
  return `${engine.name}-${engine.pinned}-${hash.digest('hex').slice(0, 12)}`;
}

/** Versions, the main file, and whatever other sources stand beside it. */
async function goFiles(moduleFolder: string): Promise<readonly string[]> {
  const first = ['go.mod', 'go.sum', 'main.go'];
  const sources = (await readdir(moduleFolder)).filter((file) => file.endsWith('.go') && !first.includes(file));
  return [...first, ...sources.toSorted()];
}

async function contentOrNothing(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    // Only main.go may be absent; a module without its go.mod or go.sum fails in the build with go's own words.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
