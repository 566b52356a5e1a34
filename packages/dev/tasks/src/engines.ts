import { stderr, stdout } from 'node:process';
import { ENGINES, findEngine, type EngineName } from '@kestrel/engines';

const say = (line: string): void => void stderr.write(`${line}\n`);

/** Finds or builds the named engines (all of them by default), one after the other: each build uses every core. */
export async function ensureEngines(names: readonly EngineName[] = engineNames()): Promise<void> {
  for (const name of names) await findEngine(name, { onProgress: say });
}

/** Finds or builds every engine and prints one line each. */
export async function run(): Promise<number> {
  for (const name of engineNames()) {
    const { version, source, path } = await findEngine(name, { onProgress: say });
    stdout.write(`${name.padEnd(15)} ${version.padEnd(9)} ${source.padEnd(6)} ${path}\n`);
  }
  return 0;
}

function engineNames(): readonly EngineName[] {
  return Object.keys(ENGINES).filter((name): name is EngineName => name in ENGINES);
}
