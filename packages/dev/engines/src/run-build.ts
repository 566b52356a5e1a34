import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { EngineError } from './engine-error.ts';

/** How much of a failed step's output is shown: the end of it. */
const outputCharsMax = 4_000;

/**
 * Runs one step of getting an engine and keeps quiet about what it prints, unless it fails.
 * @throws EngineError build_failed with the end of its output; `what` says what it was doing
 */
export async function runBuild(
  what: string,
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: string): void => {
    output = (output + chunk).slice(-outputCharsMax);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  await once(child, 'close');
  if (child.exitCode === 0) return;
  const how = child.signalCode ? `by ${child.signalCode}` : `with exit code ${child.exitCode}`;
  throw new EngineError('build_failed', `${what} ended ${how}: ${output.trim()}`);
}
