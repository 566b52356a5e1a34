import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';
import { command } from './command.ts';
import { ROOT, tool } from './workspace.ts';

const PROTO = join(ROOT, 'proto');
const GENERATED = join(ROOT, 'packages/libs/proto/src/gen');
/** buf finds its plugin, protoc-gen-ts_proto, by PATH. */
const withPlugins = {
  ...env,
  PATH: [join(ROOT, 'packages/libs/proto/node_modules/.bin'), env['PATH']].join(delimiter),
};

const buf = (args: readonly string[], cwd = PROTO) => command(tool('buf'), args, { cwd, env: withPlugins });

/** Generates the code of proto/ in place. */
export async function run(): Promise<number> {
  return (await command(tool('buf'), ['generate'], { cwd: PROTO, env: withPlugins, show: true })).code;
}

/** Lint, changes that would break what main speaks, and drift of the committed code. */
export async function protoProblems(): Promise<string[]> {
  const lint = await buf(['lint']);
  return [...(lint.code === 0 ? [] : [lint.output]), ...(await breakingProblems()), ...(await driftProblems())];
}

async function breakingProblems(): Promise<string[]> {
  const base = await baseRevision();
  if (base === undefined) return [];
  const breaking = await buf(['breaking', '--against', `../.git#ref=${base},subdir=proto`]);
  return breaking.code === 0 ? [] : [breaking.output];
}

/** What others build on: main as it was fetched, else the local main; undefined where neither holds contracts yet. */
async function baseRevision(): Promise<string | undefined> {
  for (const branch of ['origin/main', 'main']) {
    const found = await command('git', ['cat-file', '-e', `${branch}:proto/buf.yaml`]);
    if (found.code === 0) return branch;
  }
  return undefined;
}

async function driftProblems(): Promise<string[]> {
  const aside = await mkdtemp(join(tmpdir(), 'kestrel-proto-'));
  try {
    await cp(PROTO, join(aside, 'proto'), { recursive: true });
    const generated = await buf(['generate'], join(aside, 'proto'));
    if (generated.code !== 0) return [generated.output];
    const fresh = join(aside, 'packages/libs/proto/src/gen');
    const names = new Set([...globSync('**/*.ts', { cwd: fresh }), ...globSync('**/*.ts', { cwd: GENERATED })]);
    const differs = await Promise.all(
      [...names].map(async (name) => {
        const [now, committed] = await Promise.all([text(join(fresh, name)), text(join(GENERATED, name))]);
        return now === committed ? [] : [`packages/libs/proto/src/gen/${name} differs from what proto/ gives`];
      }),
    );
    return differs.flat();
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** A file's text; undefined where there is no such file, which is what drift looks like. */
async function text(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
