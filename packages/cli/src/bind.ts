import type { Command } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Invocation } from './invocation.ts';

/** Gives a command its action: called with this run, the command's own options and its arguments. */
export type Bind = (
  command: Command,
  action: (invocation: Invocation, options: unknown, args: readonly string[]) => Promise<ExitCode>,
) => Command;
