import type { Writable } from 'node:stream';

/** All that kestrelctl touches of its surroundings, so that it can run inside another process and in tests. */
export interface CliIo {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative file names start here. */
  readonly cwd: string;
  /** Whether stdout is a terminal, which `--watch` then redraws. */
  readonly isTerminal: boolean;
  /** Ends what would go on for ever: `--follow` and `--watch`. */
  readonly signal: AbortSignal;
}
