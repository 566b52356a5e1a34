import { spawn, type StdioOptions } from 'node:child_process';
import { ROOT } from './workspace.ts';

/** How a command ended; `output` holds stdout and stderr as they came, unless it was shown. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/**
 * Runs a command in the repository. With `show` it writes straight to the terminal, with `interactive` it also reads from
 * it. Rejects only when it can't be started.
 */
export function command(
  file: string,
  args: readonly string[],
  options: { show?: boolean; interactive?: boolean; cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  const output = options.show || options.interactive ? 'inherit' : 'pipe';
  const stdio: StdioOptions = [options.interactive ? 'inherit' : 'ignore', output, output];
  const child = spawn(file, args, { cwd: options.cwd ?? ROOT, stdio, ...(options.env && { env: options.env }) });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code: code ?? (signal ? 1 : 0), output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
