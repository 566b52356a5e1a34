import { stdout } from 'node:process';
import { performance } from 'node:perf_hooks';
import { boundaryProblems } from './boundaries.ts';
import { command, type Outcome } from './command.ts';
import { docsProblems } from './docs.ts';
import { protoProblems } from './proto.ts';
import { workflowProblems } from './workflows.ts';
import { tool } from './workspace.ts';

interface Check {
  readonly name: string;
  readonly fix: string;
  readonly problems: () => Promise<string[]>;
}

const fromCommand = ({ code, output }: Outcome): string[] => (code === 0 ? [] : [output.trim() || `exit code ${code}`]);

const CHECKS: readonly Check[] = [
  {
    name: 'format',
    fix: './dev format',
    problems: async () => fromCommand(await command(tool('oxfmt'), ['--check', '.'])),
  },
  { name: 'types', fix: 'mend the types', problems: async () => fromCommand(await command(tool('tsc'), ['-p', '.'])) },
  {
    name: 'lint',
    fix: 'mend the code; STYLE.md says why',
    problems: async () => fromCommand(await command(tool('oxlint'), ['--deny-warnings'])),
  },
  { name: 'boundaries', fix: 'packages/README.md says what may import what', problems: async () => boundaryProblems() },
  { name: 'contracts', fix: './dev proto', problems: protoProblems },
  { name: 'docs', fix: 'mend the links', problems: async () => docsProblems() },
  { name: 'workflows', fix: 'mend .github/workflows', problems: workflowProblems },
];

/** Runs every check, also after one has failed, and closes with their totals. */
export async function run(): Promise<number> {
  let failed = 0;
  for (const check of CHECKS) {
    const started = performance.now();
    const problems = await check.problems();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    stdout.write(`check: ${problems.length === 0 ? 'ok    ' : 'FAILED'} ${check.name.padEnd(11)} ${seconds} s\n`);
    if (problems.length > 0) {
      failed += 1;
      stdout.write(`${problems.join('\n')}\ncheck: ${check.name}: to mend it: ${check.fix}\n`);
    }
  }
  stdout.write(`${CHECKS.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}
