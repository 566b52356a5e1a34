import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Bind } from '../bind.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { reasonOf } from '../failure-line.ts';
import { connectionAt, type Invocation } from '../invocation.ts';
import { UsageError } from '../usage-error.ts';
import { checkConnection } from './check-connection.ts';
import { checkValues } from './check-values.ts';

/** `kestrelctl config` */
export function configCommand(bind: Bind): Command {
  const check = new Command('check')
    .summary('an onboarding values file, or the connection')
    .description(
      'Checks an onboarding values file (kestrel-ai-operator-values-<cluster>.yaml) and lists every problem. With --connection it ' +
        'tries every server, user and admin port of the connection file.',
    )
    .argument('[values-file]', 'onboarding values file')
    .addHelpText('after', CHECK_HELP);
  return new Command('config')
    .description('Checks files before they are used.')
    .addCommand(bind(check, async (invocation, _, args) => await checkConfig(invocation, args[0])));
}

async function checkConfig(of: Invocation, valuesFile: string | undefined): Promise<ExitCode> {
  const { connection } = of.globals;
  if (valuesFile === undefined && connection === undefined) throw new UsageError('say a values file, or --connection');
  const sound = [
    ...(valuesFile === undefined ? [] : [await checkFile(of, valuesFile)]),
    ...(connection === undefined ? [] : [await tryConnection(of, connection === true ? undefined : connection)]),
  ];
  return sound.every(Boolean) ? EXIT.ok : EXIT.usage;
}

async function checkFile(of: Invocation, file: string): Promise<boolean> {
  let yaml: string;
  try {
    yaml = await readFile(resolve(of.io.cwd, file), 'utf8');
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: ${reasonOf(cause)}`, cause);
  }
  const problems = checkValues(yaml, new Date());
  const lines = problems.map((problem) => `${file}: ${problem}\n`);
  await of.out.write(problems.length === 0 ? `${file}: ok\n` : lines.join(''));
  return problems.length === 0;
}

async function tryConnection(of: Invocation, given: string | undefined): Promise<boolean> {
  const { file, connection } = await connectionAt(of, given);
  const tried = await checkConnection(connection, of.log);
  await of.out.write(tried.map(({ what, ok, detail }) => `${file}: ${what}: ${ok ? 'ok, ' : ''}${detail}\n`).join(''));
  return tried.every(({ ok }) => ok);
}

const CHECK_HELP = `
Exits with 0 when there is no problem, else with 2.

Examples:
  kestrelctl config check kestrel-ai-operator-values-demo.yaml
  kestrelctl config check --connection .dev/endpoints.json`;
