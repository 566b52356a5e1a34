import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { stderr, stdout } from 'node:process';
import { z } from 'zod';
import { command } from './command.ts';
import { ensureEngines } from './engines.ts';
import { tool } from './workspace.ts';

/** What the gate runs. */
const GATE = ['unit', 'integration', 'stack'] as const;
/** With what takes too long for every commit: differentials against the originals' own code, mutation runs. */
const SUITES = [...GATE, 'long'] as const;
const LONG = '--long';
const USAGE = `usage: ./dev test [--long | unit|integration|stack|long …] [file or folder …] [-t NAME]

  --long   all suites and the long one; without it the long suite runs only when it is named
`;
type Suite = (typeof SUITES)[number];

const reportSchema = z.object({
  numTotalTests: z.number(),
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number().default(0),
  success: z.boolean(),
});

interface Totals {
  readonly passed: number;
  readonly failed: number;
}

/** Runs the suites one after the other, all of them also after one has failed, and closes with their totals. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    stdout.write(USAGE);
    return 0;
  }
  const named = args.filter((arg): arg is Suite => SUITES.some((suite) => suite === arg));
  const rest = args.filter((arg) => arg !== LONG && !SUITES.some((suite) => suite === arg));
  const suites = suitesOf(named, args.includes(LONG));
  if (suites.includes('long')) await ensureEngines('all');
  else if (suites.some((suite) => suite !== 'unit')) await ensureEngines();

  const totals: Totals[] = [];
  for (const suite of suites) {
    const started = performance.now();
    stderr.write(`test: ${suite}\n`);
    totals.push(await runSuite(suite, rest));
    stderr.write(`test: ${suite} took ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  }
  const passed = totals.reduce((sum, suite) => sum + suite.passed, 0);
  const failed = totals.reduce((sum, suite) => sum + suite.failed, 0);
  stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** The named ones, with `--long` also the long one; without names the whole gate. */
function suitesOf(named: readonly Suite[], long: boolean): readonly Suite[] {
  const chosen = new Set<Suite>(named.length > 0 ? named : GATE);
  return SUITES.filter((suite) => chosen.has(suite) || (suite === 'long' && long));
}

/**
 * One suite. A skipped test counts as failed, since a gate that skips says less than it seems to; so does a suite that ran
 * nothing or whose runner ended in error without naming a failed test.
 */
async function runSuite(suite: Suite, args: readonly string[]): Promise<Totals> {
  const folder = await mkdtemp(join(tmpdir(), 'kestrel-test-'));
  const file = join(folder, 'report.json');
  try {
    const { code } = await command(
      tool('vitest'),
      ['run', '--project', suite, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...args],
      { show: true },
    );
    const report = reportSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const failed = report.numFailedTests + report.numPendingTests + report.numTodoTests;
    const endedBadly = code !== 0 || !report.success || report.numTotalTests === 0;
    return { passed: report.numPassedTests, failed: failed === 0 && endedBadly ? 1 : failed };
  } catch (error) {
    stderr.write(`test: ${suite} left no report: ${error instanceof Error ? error.message : String(error)}\n`);
    return { passed: 0, failed: 1 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
