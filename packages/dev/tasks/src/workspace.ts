import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { z } from 'zod';
import { globSync, readFileSync } from 'node:fs';

/** Absolute path of the repository. */
export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url)).replace(/\/$/, '');

/** A program that the root's dependencies brought. */
export const tool = (name: string): string => join(ROOT, 'node_modules', '.bin', name);

const manifestSchema = z.object({
  name: z.string(),
  exports: z.record(z.string(), z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

/** A package of the workspace. `dir` is relative to the root, for example "packages/libs/bus". */
export interface WorkspacePackage extends z.infer<typeof manifestSchema> {
  readonly dir: string;
  readonly group: string;
}

/** Every package of the workspace, ordered by folder. A package's group is the folder above it ("libs", "services", "dev") or "cli". */
export function workspacePackages(root = ROOT): WorkspacePackage[] {
  return globSync(['packages/*/*/package.json', 'packages/cli/package.json'], { cwd: root })
    .map((file) => {
      const dir = file.slice(0, -'/package.json'.length);
      const parts = dir.split('/');
      const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(root, file), 'utf8')));
      return { ...manifest, dir, group: parts.length === 3 ? (parts[1] ?? '') : 'cli' };
    })
    .toSorted((a, b) => a.dir.localeCompare(b.dir));
}
