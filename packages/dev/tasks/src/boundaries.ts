import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ROOT, workspacePackages, type WorkspacePackage } from './workspace.ts';

/**
 * What may import what, by package: the first list holds everywhere, the second in tests too. `libs:core` are the pure
 * packages and `libs:io` those that talk to something; runtime is below the other io packages.
 */
const ALLOWED: Readonly<Record<string, { readonly code: readonly string[]; readonly tests: readonly string[] }>> = {
  'libs:core': { code: ['libs:core'], tests: ['testkit', 'engines'] },
  runtime: { code: ['libs:core'], tests: ['testkit', 'engines'] },
  'libs:io': { code: ['libs:core', 'runtime'], tests: ['testkit', 'engines'] },
  services: { code: ['libs:core', 'runtime', 'libs:io'], tests: ['testkit', 'engines'] },
  cli: { code: ['libs:core', 'runtime', 'libs:io'], tests: ['testkit', 'engines'] },
  engines: { code: [], tests: [] },
  testkit: { code: ['engines', 'libs:core', 'runtime', 'libs:io'], tests: [] },
  'dev-cloud': { code: ['libs:core', 'runtime', 'libs:io'], tests: ['testkit', 'engines'] },
  'dev:top': {
    code: ['libs:core', 'runtime', 'libs:io', 'services', 'cli', 'engines', 'testkit', 'dev-cloud', 'dev:top'],
    tests: [],
  },
};

const CORE = new Set(['proto', 'traffic', 'policy']);
const TOP = new Set(['dev-stack', 'bench', 'tasks']);

function layerOf(pkg: WorkspacePackage): string {
  const name = pkg.name.replace('@kestrel/', '');
  if (pkg.group === 'services' || pkg.group === 'cli') return pkg.group;
  if (pkg.group === 'dev') return TOP.has(name) ? 'dev:top' : name;
  if (pkg.group !== 'libs' || name === 'runtime') return pkg.group === 'libs' ? name : pkg.group;
  return CORE.has(name) ? 'libs:core' : 'libs:io';
}

/** What only tests need stands in `test/` or, where unit tests share it, in `src/testing/`; nothing else may import that. */
const isTest = (file: string): boolean => /\/test\/|\/src\/testing\/|\.test\.ts$/.test(file);
/** Static imports and re-exports begin a line (or end a list that began one); dynamic imports stand anywhere. */
const IMPORT = /(?:^(?:import|export|\})[^'"\n]*?\bfrom\s*|^import\s*|\bimport\(\s*)['"]([^'"\n]+)['"]/gm;

/** Every import or dependency that the layers forbid, as one line each. */
export function boundaryProblems(root = ROOT): string[] {
  const packages = workspacePackages(root);
  const layers = new Map(packages.map((pkg) => [pkg.name, layerOf(pkg)] as const));
  return packages.flatMap((pkg) => [...dependencyProblems(pkg, layers), ...importProblems(root, pkg)]);
}

function dependencyProblems(pkg: WorkspacePackage, layers: ReadonlyMap<string, string>): string[] {
  const layer = layerOf(pkg);
  const allowed = ALLOWED[layer];
  if (!allowed) return [`${pkg.dir}: no rule for the layer "${layer}": add one to boundaries.ts`];
  const check = (names: string[], layersAllowed: readonly string[], where: string): string[] =>
    names.flatMap((name) => {
      const other = layers.get(name);
      if (other === undefined || layersAllowed.includes(other)) return [];
      return [`${pkg.dir}/package.json: ${where} on ${name}: ${layer} may not import ${other}`];
    });
  return [
    ...check(Object.keys(pkg.dependencies), allowed.code, 'dependency'),
    ...check(Object.keys(pkg.devDependencies), [...allowed.code, ...allowed.tests], 'devDependency'),
  ];
}

function importProblems(root: string, pkg: WorkspacePackage): string[] {
  return globSync([`${pkg.dir}/src/**/*.ts`, `${pkg.dir}/test/**/*.ts`], { cwd: root }).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(IMPORT)].flatMap(([, specifier = '']) => {
      if (specifier.startsWith('.')) {
        const target = relative(join(root, pkg.dir), join(root, dirname(file), specifier));
        if (target.startsWith('..')) return [`${file}: "${specifier}" leaves the package`];
        return target.startsWith('src/testing/') && !isTest(file)
          ? [`${file}: imports "${specifier}" of the tests`]
          : [];
      }
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
      const developmentOnly = name in pkg.devDependencies && !(name in pkg.dependencies);
      return developmentOnly && !isTest(file) ? [`${file}: imports the devDependency ${name} outside of tests`] : [];
    });
  });
}
