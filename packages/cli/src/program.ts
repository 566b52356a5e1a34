import { Command } from 'commander';
import { z } from 'zod';
import type { Bind } from './bind.ts';
import { configCommand } from './config-check/config-command.ts';
import { eventsCommand } from './events/events-command.ts';
import type { ExitCode } from './exit-code.ts';
import { cliLogger } from './invocation.ts';
import type { CliIo } from './io/cli-io.ts';
import type { Output } from './io/output.ts';
import { policyCommand } from './policy/policy-command.ts';
import { statusCommand } from './status/status-command.ts';
import { VERSION } from './version.ts';

/** Where a program's words and its end go. */
export interface ProgramIo {
  readonly io: CliIo;
  readonly out: Output;
  readonly err: Output;
  /** Help and version. */
  readonly tell: (text: string) => void;
  /** Help after a mistake. */
  readonly complain: (text: string) => void;
  readonly ended: (code: ExitCode) => void;
}

const globalsSchema = z.object({
  connection: z.union([z.string().min(1), z.literal(true)]).optional(),
  verbose: z.literal(true).optional(),
});

/** The commands, options and help texts of kestrelctl. */
export function buildProgram(to: ProgramIo): Command {
  const program = new Command('kestrelctl')
    .description(
      'Looks into a running Kestrel Operator, and judges policies on files. It changes nothing, and reports only what it ' +
        'read and from where.',
    )
    .version(VERSION, '--version', 'prints the version')
    .helpOption('-h, --help', 'prints this')
    .helpCommand('help [command]', 'prints the help of a command')
    .option(
      '--connection [file]',
      'where the bus and the services are (default: $KESTREL_CONNECTION, .dev/endpoints.json)',
    )
    .option('--verbose', 'logs to stderr')
    .addHelpText('after', AFTER_HELP);
  const bind: Bind = (command, action) =>
    command.action(async () => {
      const globals = globalsSchema.parse(program.opts());
      const signal = AbortSignal.any([to.io.signal, to.out.readerGone]);
      const invocation = { io: to.io, out: to.out, err: to.err, log: cliLogger(to.io, globals), globals, signal };
      to.ended(await action(invocation, command.opts(), command.args));
    });
  for (const command of [statusCommand, eventsCommand, policyCommand, configCommand]) program.addCommand(command(bind));
  quieten(program, to);
  return program;
}

/** No command may print or exit by itself: all of it goes through `runCli`. */
function quieten(command: Command, to: ProgramIo): void {
  command.exitOverride().configureOutput({
    writeOut: to.tell,
    writeErr: to.complain,
    outputError: () => undefined,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const child of command.commands) quieten(child, to);
}

const AFTER_HELP = `
Exit codes: 0 all is well, 1 something could not be done or is not ready, 2 wrong usage or a wrong file.

Examples:
  kestrelctl status --watch
  kestrelctl events tail --kind Pod --namespace shop --follow
  kestrelctl events get --kind Deployment --namespace shop --name cart -o json
  kestrelctl policy matrix --dir examples/policy/manifests
  kestrelctl config check kestrel-ai-operator-values-demo.yaml`;
