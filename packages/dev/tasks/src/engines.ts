import { stderr, stdout } from 'node:process';
import { ENGINES, findEngine, type EngineName } from '@kestrel/engines';

const say = (line: string): void => void stderr.write(`${line}\n`);

/**
 * Finds or builds the named engines, one after the other: each build uses every core. By default those that the gate needs;
 * `all` has also those of the long suite.
 */
export async function ensureEngines(names: readonly EngineName[] | 'all' = gateEngines()): Promise<void> {
  for (const name of names === 'all' ? engineNames() : names) await findEngine(name, { onProgress: say });
}

/** Finds or builds the engines (`--long`: also those of the long suite) and prints one line each. */
export async function run(args: readonly string[]): Promise<number> {
  for (const name of args.includes('--long') ? engineNames() : gateEngines()) {
    const { version, source, path } = await findEngine(name, { onProgress: say });
    stdout.write(`${name.padEnd(15)} ${version.padEnd(9)} ${source.padEnd(6)} ${path}\n`);
  }
  return 0;
}

function gateEngines(): readonly EngineName[] {
  return engineNames().filter((name) => ENGINES[name].longSuiteOnly !== true);
}

function engineNames(): readonly EngineName[] {
  return Object.keys(ENGINES).filter((name): name is EngineName => name in ENGINES);
}
