import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, workspacePackages } from './workspace.ts';

const LINK = /\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)]*)?\)/g;

/** Links of Markdown files that lead nowhere, and packages without a README or without a line in packages/README.md. */
export function docsProblems(root = ROOT): string[] {
  const files = globSync(['*.md', 'docs/**/*.md', 'packages/**/README.md', '.github/**/*.md'], {
    cwd: root,
    exclude: (path) => path.includes('node_modules'),
  });
  const broken = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(LINK)].flatMap(([, target = '']) =>
      existsSync(join(root, dirname(file), target)) ? [] : [`${file}: the link to ${target} leads nowhere`],
    ),
  );
  const map = readFileSync(join(root, 'packages/README.md'), 'utf8');
  const unnamed = workspacePackages(root).flatMap((pkg) => [
    ...(existsSync(join(root, pkg.dir, 'README.md')) ? [] : [`${pkg.dir}: has no README.md`]),
    ...(map.includes(`(${pkg.dir.slice('packages/'.length)})`) ? [] : [`packages/README.md: does not name ${pkg.dir}`]),
  ]);
  return [...broken, ...unnamed];
}
