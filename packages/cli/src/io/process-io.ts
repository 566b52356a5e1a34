import process from 'node:process';
import { isatty } from 'node:tty';
import type { CliIo } from './cli-io.ts';

/** This process's own surroundings. The first SIGINT or SIGTERM ends orderly what follows; a second one kills as usual. */
export function processIo(): CliIo {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    // oxlint-disable-next-line node/no-process-env -- the one place of kestrelctl that reads it
    env: process.env,
    cwd: process.cwd(),
    isTerminal: isatty(process.stdout.fd),
    signal: interrupted.signal,
  };
}
