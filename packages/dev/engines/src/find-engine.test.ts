import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { EngineError } from './engine-error.ts';
import type { Engine } from './engine-table.ts';
import { locateEngine, type FoundEngine } from './find-engine.ts';

const fake: Engine = {
  name: 'fake',
  module: 'fake',
  package: 'example.com/fake',
  pinned: '1.5.0',
  minimum: '1.2.0',
  fileVariable: 'FAKE_BIN',
  folderVariable: 'FAKE_ASSETS',
  versionArgs: ['--version'],
  versionPattern: /fake v(\d+\.\d+\.\d+)/,
  ldflags: ['-X main.version=1.5.0'],
  buildTakes: '1 s',
};

test('given a program named by its variable, when one is on PATH too, then the named one is taken', async () => {
  await using world = await fakeWorld();
  await world.program('bin/fake', '1.9.0');
  const FAKE_BIN = await world.program('named/anything', '1.3.0');
  expect(await world.locate({ FAKE_BIN })).toEqual({ path: FAKE_BIN, version: '1.3.0', source: 'env' });
});

test('given a folder of programs, when only the folder is named, then the program in it is taken', async () => {
  await using world = await fakeWorld();
  const path = await world.program('assets/fake', '1.2.0');
  expect(await world.locate({ FAKE_ASSETS: dirname(path) })).toEqual({ path, version: '1.2.0', source: 'env' });
});

test('given a variable that names nothing runnable, when a good one is on PATH, then it is refused by name', async () => {
  await using world = await fakeWorld();
  await world.program('bin/fake', '1.9.0');
  const refused = await world.refusal({ FAKE_BIN: join(world.folder, 'absent') });
  expect(refused).toMatchObject({ code: 'engine_unusable' });
  expect(refused.message).toContain('FAKE_BIN names');
  expect(refused.message).toContain('ENOENT');
});

test('given a folder variable whose program is too old, when looked for, then the message has both versions', async () => {
  await using world = await fakeWorld();
  const path = await world.program('assets/fake', '1.1.9');
  const refused = await world.refusal({ FAKE_ASSETS: dirname(path) });
  expect(refused.message).toBe(`FAKE_ASSETS names ${path}, which cannot be used: it is 1.1.9, older than 1.2.0`);
});

test('given an old and a new one on PATH, when looked for, then the new one is taken and the old one mentioned', async () => {
  await using world = await fakeWorld();
  const old = await world.program('bin/fake', '1.1.0');
  const path = await world.program('bin2/fake', '1.2.1');
  const PATH = `${world.bin}:${dirname(path)}:${world.systemPath}`;
  expect(await world.locate({ PATH })).toEqual({ path, version: '1.2.1', source: 'path' });
  expect(world.lines).toEqual([`engines: passing over ${old}: it is 1.1.0, older than 1.2.0`]);
});

test('given nothing installed, when looked for twice, then it is built once and then cached', async () => {
  await using world = await fakeWorld();
  await world.go('echo building >> "$BUILDS"');
  const built = await world.locate();
  expect(built).toMatchObject({ version: '1.5.0', source: 'build' });
  expect(await world.locate()).toEqual({ ...built, source: 'cache' });
  expect(await world.builds()).toBe(1);
  expect(world.lines).toEqual(['engines: building fake 1.5.0 (once, about 1 s)', 'engines: built fake 1.5.0 in 0 s']);
});

test('given nothing installed, when many look at once, then one builds and the others wait for it', async () => {
  await using world = await fakeWorld();
  await world.go('echo building >> "$BUILDS"; sleep 0.3');
  const found = await Promise.all(Array.from({ length: 5 }, () => world.locate()));
  expect(found.map((one) => one.source).toSorted()).toEqual(['build', 'cache', 'cache', 'cache', 'cache']);
  expect(new Set(found.map((one) => one.path)).size).toBe(1);
  expect(await world.builds()).toBe(1);
});

test('given a cached one, when the pins change, then it is built anew', async () => {
  await using world = await fakeWorld();
  await world.go('echo building >> "$BUILDS"');
  const before = await world.locate();
  await writeFile(join(world.folder, 'module', 'go.sum'), 'another sum\n');
  const after = await world.locate();
  expect(after.source).toBe('build');
  expect(after.path).not.toBe(before.path);
});

test('given a cached one that no longer runs, when looked for, then it is replaced', async () => {
  await using world = await fakeWorld();
  await world.go('echo building >> "$BUILDS"');
  const { path } = await world.locate();
  await writeFile(path, '#!/bin/sh\nexit 1\n');
  expect(await world.locate()).toEqual({ path, version: '1.5.0', source: 'build' });
});

test('given a build that fails, when looked for, then the compiler is quoted and nothing is left in the cache', async () => {
  await using world = await fakeWorld();
  await world.go('echo "no required module provides it" >&2; exit 1');
  const refused = await world.refusal();
  expect(refused.code).toBe('build_failed');
  expect(refused.message).toBe('building fake 1.5.0 ended with exit code 1: no required module provides it');
  expect(await world.cached()).toEqual([]);
});

test('given parts of a build that died, when the next one builds, then they are removed', async () => {
  await using world = await fakeWorld();
  await world.go('exit 1');
  await world.refusal();
  const [lock] = await readdir(join(world.folder, 'cache', 'engines'));
  await mkdir(join(world.folder, 'cache', 'engines', `${lock?.replace('.lock', '')}.part-dead`));
  await world.refusal();
  expect(await world.cached()).toEqual([]);
});

test('given a build of another version, when looked for, then it is refused and not cached', async () => {
  await using world = await fakeWorld();
  await world.go('', '1.4.9');
  const refused = await world.refusal();
  expect(refused.code).toBe('build_version_differs');
  expect(refused.message).toContain('is not the pinned 1.5.0: it is 1.4.9');
  expect(await world.cached()).toEqual([]);
});

test('given no Go, when it must be built, then one line says how to get it and how to do without', async () => {
  await using world = await fakeWorld();
  const refused = await world.refusal({ PATH: world.bin });
  expect(refused.code).toBe('go_missing');
  expect(refused.message).toBe(
    'fake must be built and Go is missing: install Go 1.26 or newer (https://go.dev/dl/), ' +
      'or set FAKE_BIN to one of at least 1.2.0',
  );
});

/** A temp folder with a module, an empty cache, and a PATH that starts with its `bin/`. */
async function fakeWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'kestrel-engines-'));
  const bin = join(folder, 'bin');
  const systemPath = '/usr/bin:/bin';
  const lines: string[] = [];
  await mkdir(join(folder, 'module'));
  await mkdir(bin);
  await writeFile(join(folder, 'module', 'go.mod'), 'module fake\n');

  const script = async (path: string, text: string): Promise<string> => {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${text}\n`);
    await chmod(file, 0o755);
    return file;
  };
  const locate = async (env: Record<string, string> = {}): Promise<FoundEngine> =>
    await locateEngine(fake, join(folder, 'module'), {
      env: {
        PATH: `${bin}:${systemPath}`,
        KESTREL_CACHE: join(folder, 'cache'),
        BUILDS: join(folder, 'builds'),
        ...env,
      },
      onProgress: (line) => lines.push(line),
    });

  return {
    folder,
    bin,
    systemPath,
    lines,
    locate,
    program: async (path: string, version: string) => await script(path, `echo "fake v${version}"`),
    /** A `go` that runs `step`, then writes a program of that version to the file after `-o`. */
    go: async (step: string, version = '1.5.0') =>
      await script(
        'bin/go',
        `${step}
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho fake v${version}\\n' > "$2"
chmod +x "$2"`,
      ),
    refusal: async (env?: Record<string, string>): Promise<EngineError> =>
      await locate(env).then(
        (found) => expect.fail(`expected a refusal, found ${found.path}`),
        (error: unknown) => (error instanceof EngineError ? error : Promise.reject(error)),
      ),
    builds: async () => (await readFile(join(folder, 'builds'), 'utf8')).trim().split('\n').length,
    cached: async () => (await readdir(join(folder, 'cache', 'engines'))).filter((name) => !name.endsWith('.lock')),
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true }),
  };
}
