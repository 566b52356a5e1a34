import { CommanderError } from 'commander';
import { OperationalError } from '@kestrel/runtime';
import { EXIT, type ExitCode } from './exit-code.ts';
import { failureLine } from './failure-line.ts';
import type { CliIo } from './io/cli-io.ts';
import { Output } from './io/output.ts';
import { buildProgram } from './program.ts';
import { UsageError } from './usage-error.ts';

/** What commander calls help that nobody asked for: a group of commands was named and none of them. */
const NO_COMMAND = 'commander.help';

/**
 * Runs `kestrelctl ...argv` and returns its exit code: 0, 1 (not done or not ready) or 2 (wrong usage or a wrong file).
 * Expected failures are one line on stderr; a programmer's error is thrown.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  using out = new Output(io.stdout);
  using err = new Output(io.stderr);
  const told: string[] = [];
  const complained: string[] = [];
  let code: ExitCode = EXIT.ok;
  const program = buildProgram({
    io,
    out,
    err,
    tell: (text) => told.push(text),
    complain: (text) => complained.push(text),
    ended: (given) => {
      code = given;
    },
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    // Help and version end the parsing too.
    if (error instanceof CommanderError && error.exitCode === 0) {
      await out.write(told.join(''));
      return EXIT.ok;
    }
    await err.write(complaint(error, complained));
    return error instanceof CommanderError || error instanceof UsageError ? EXIT.usage : EXIT.failure;
  }
}

function complaint(error: unknown, complained: readonly string[]): string {
  if (error instanceof CommanderError) {
    if (error.code === NO_COMMAND) return complained.join('');
    return `kestrelctl: ${error.message.replace(/^error: /, '').replaceAll('\n', ' ')} (usage)\n`;
  }
  if (error instanceof OperationalError) return failureLine(error);
  throw error;
}
