import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Engine } from './engine-table.ts';
import { atLeast } from './version.ts';

const run = promisify(execFile);

/** How long a program may take to print its version. */
const probeTimeoutMs = 20_000;

/** What a candidate said about itself. */
export type Probe =
  | { readonly usable: true; readonly version: string }
  | { readonly usable: false; readonly reason: string; readonly cause?: unknown };

/** Runs the program to ask its version, and holds it against the engine's minimum. Never throws. */
export async function probe(engine: Engine, path: string): Promise<Probe> {
  let printed: string;
  try {
    const { stdout, stderr } = await run(path, [...engine.versionArgs], { timeout: probeTimeoutMs });
    printed = stdout + stderr;
  } catch (cause) {
    return { usable: false, reason: `it does not run (${firstLine(cause)})`, cause };
  }
  const version = engine.versionPattern.exec(printed)?.[1];
  if (version === undefined) {
    return { usable: false, reason: `its version is not readable (${JSON.stringify(printed.slice(0, 80))})` };
  }
  if (!atLeast(version, engine.minimum)) {
    return { usable: false, reason: `it is ${version}, older than ${engine.minimum}` };
  }
  return { usable: true, version };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
