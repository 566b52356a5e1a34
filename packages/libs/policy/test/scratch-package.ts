import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import { z } from 'zod';
import { mutate, PACKAGE, type NamedMutant } from './all-mutants.ts';

/** A suite that runs longer has met a loop without end. */
const runTimeoutMs = 120_000;
/** How much of a run's output is kept. */
const outputCharsMax = 8_000;

/** How a run of the unit suite ended. */
export type SuiteEnd = 'passed' | 'failed' | 'timed out' | { readonly notRun: string };

const reportSchema = z.object({ numTotalTests: z.number(), numFailedTests: z.number(), success: z.boolean() });

/** A copy of the package in a temporary folder, to be broken on purpose. */
export class ScratchPackage implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Copies the sources; what they import is found where it is. */
  static async create(): Promise<ScratchPackage> {
    const folder = await mkdtemp(join(tmpdir(), 'kestrel-mutants-'));
    for (const part of ['src', 'package.json']) await cp(join(PACKAGE, part), join(folder, part), { recursive: true });
    const modules = join(PACKAGE, 'node_modules');
    await mkdir(join(folder, 'node_modules'));
    for (const name of await readdir(modules)) {
      if (!name.startsWith('.')) await symlink(join(modules, name), join(folder, 'node_modules', name));
    }
    return new ScratchPackage(folder);
  }

  /** Whether the unit suite notices the mutant: first the tests of its own folder, then all. */
  async notices(mutant: NamedMutant): Promise<SuiteEnd> {
    const file = join(this.#folder, 'src', mutant.file);
    const original = await readFile(file, 'utf8');
    await writeFile(file, mutate(original, mutant));
    try {
      const near = `src/${dirname(mutant.file)}/`;
      const end = (await this.#hasTests(near)) ? await this.runSuite(near) : 'passed';
      return end === 'passed' ? await this.runSuite('src/') : end;
    } finally {
      await writeFile(file, original);
    }
  }

  /** Runs the unit tests below a folder until the first one fails. */
  async runSuite(below: string): Promise<SuiteEnd> {
    const report = join(this.#folder, 'report.json');
    await rm(report, { force: true });
    const args = ['run', below, '--root', this.#folder, '--bail=1', '--no-isolate', '--maxWorkers=1'];
    const child = spawn(
      join(PACKAGE, 'node_modules', '.bin', 'vitest'),
      [...args, '--reporter=json', `--outputFile=${report}`],
      {
        cwd: this.#folder,
        env: outerEnvironment(),
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: runTimeoutMs,
        killSignal: 'SIGKILL',
      },
    );
    let output = '';
    const keep = (chunk: string): void => {
      output = (output + chunk).slice(-outputCharsMax);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    await once(child, 'close');
    if (child.signalCode === 'SIGKILL') return 'timed out';
    const text = await readFile(report, 'utf8').catch(() => undefined);
    if (text === undefined) return { notRun: output };
    const { numTotalTests, numFailedTests, success } = reportSchema.parse(JSON.parse(text));
    if (numFailedTests > 0) return 'failed';
    return success && numTotalTests > 0 ? 'passed' : { notRun: output };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #hasTests(below: string): Promise<boolean> {
    return (await readdir(join(this.#folder, below))).some((name) => name.endsWith('.test.ts'));
  }
}

/** Without what this test's own runner has set. */
function outerEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(VITEST|VITE_|NODE_V8_COVERAGE|TEST$)/.test(name)),
  );
}
