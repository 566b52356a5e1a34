import { createLogger, type Logger } from '@kestrel/runtime';
import { connectionFile, readConnection, type Connection } from './connection.ts';
import type { CliIo } from './io/cli-io.ts';
import type { Output } from './io/output.ts';
import { UsageError } from './usage-error.ts';

/** Options of kestrelctl itself. */
export interface GlobalOptions {
  /** `true`: the option stands alone, which means the default file. */
  readonly connection?: string | true | undefined;
  readonly verbose?: true | undefined;
}

/** One run of one command. */
export interface Invocation {
  readonly io: CliIo;
  readonly out: Output;
  /** For what is wrong with the input, one line each; the last word of a run that fails is `runCli`'s. */
  readonly err: Output;
  readonly log: Logger;
  readonly globals: GlobalOptions;
  /** Ends what would go on for ever: interrupted, or nobody reads. */
  readonly signal: AbortSignal;
}

/** Silent, or with `--verbose` everything, on stderr: stdout belongs to the result. */
export function cliLogger(io: CliIo, globals: GlobalOptions): Logger {
  return createLogger({
    service: 'kestrelctl',
    level: globals.verbose === true ? 'debug' : 'silent',
    format: 'pretty',
    destination: { write: (line) => void io.stderr.write(line) },
  });
}

/** The connection that the options, the environment or the folder name. */
export async function openConnection(of: Invocation): Promise<{ file: string; connection: Connection }> {
  const { connection } = of.globals;
  if (connection === true) throw new UsageError("option '--connection' needs a FILE here");
  return await connectionAt(of, connection);
}

/** The same from a given file; the default one if none is given. */
export async function connectionAt(of: Invocation, given?: string): Promise<{ file: string; connection: Connection }> {
  const file = await connectionFile(of.io, given);
  return { file, connection: await readConnection(file) };
}
