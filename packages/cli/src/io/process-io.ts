import { constants } from 'node:os';
import process from 'node:process';
import { isatty } from 'node:tty';
import type { CliIo } from './cli-io.ts';

/** What is interrupted and does not end by itself (it waits for a server that hangs) is ended after this long. */
const interruptGraceMs = 1_000;
/** What a shell says of a process that a signal ended: this plus the signal's number. */
const EXIT_SIGNALLED = 128;

/**
 * This process's own surroundings. The first SIGINT or SIGTERM ends in order what heeds it, and after a second all else;
 * a second one kills as usual.
 */
export function processIo(): CliIo {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted.abort();
      setTimeout(() => process.exit(EXIT_SIGNALLED + constants.signals[signal]), interruptGraceMs).unref();
    });
  }
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
