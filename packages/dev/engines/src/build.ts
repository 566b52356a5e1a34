import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { EngineError } from './engine-error.ts';
import type { Engine } from './engine-table.ts';
import type { Environment } from './environment.ts';
import { onPath } from './executable.ts';
import { fetchWheel } from './fetch-wheel.ts';
import { probe } from './probe.ts';
import { reportWhile, seconds, type OnProgress } from './progress.ts';
import { runBuild } from './run-build.ts';

/** Where and with what an engine is built. */
export interface BuildOrder {
  readonly engine: Engine;
  readonly env: Environment;
  readonly moduleFolder: string;
  /** The cache entry: a folder that is whole or absent. */
  readonly entry: string;
  readonly onProgress: OnProgress;
}

/**
 * Builds the engine aside, or fetches it as a wheel, and renames it into the cache. The caller holds the entry's lock: every unfinished part of
 * this entry is then a dead process's and is removed.
 *
 * @throws EngineError go_missing, python_missing, build_failed, build_version_differs
 */
export async function buildEngine(order: BuildOrder): Promise<void> {
  const { engine, entry, onProgress } = order;
  const go = engine.wheel === true ? undefined : await findGo(order);
  await removeParts(entry);
  const part = await mkdtemp(`${entry}.part-`);
  try {
    const startedAtMs = performance.now();
    const binary = join(part, engine.name);
    {
      using _report = reportWhile(
        `${go === undefined ? 'fetching' : 'building'} ${engine.name} ${engine.pinned} (once, about ${engine.buildTakes})`,
        onProgress,
      );
      if (go === undefined) await fetchWheel({ ...order, folder: part });
      else await goBuild(go, binary, order);
    }
    await expectPinned(engine, binary);
    await rename(part, entry);
    onProgress(`engines: built ${engine.name} ${engine.pinned} in ${seconds(performance.now() - startedAtMs)}`);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

async function findGo({ engine, env }: BuildOrder): Promise<string> {
  const [go] = await onPath('go', env['PATH']);
  if (go !== undefined) return go;
  throw new EngineError(
    'go_missing',
    `${engine.name} must be built and Go is missing: install Go 1.26 or newer (https://go.dev/dl/), ` +
      `or set ${engine.fileVariable} to one of at least ${engine.minimum}`,
  );
}

async function removeParts(entry: string): Promise<void> {
  for (const name of await readdir(dirname(entry))) {
    if (!name.startsWith(`${basename(entry)}.part-`)) continue;
    await rm(join(dirname(entry), name), { recursive: true, force: true });
  }
}

async function goBuild(go: string, binary: string, { engine, env, moduleFolder }: BuildOrder): Promise<void> {
  const ldflags = ['-s', '-w', ...engine.ldflags].join(' ');
  const args = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', `-ldflags=${ldflags}`, '-o', binary];
  await runBuild(`building ${engine.name} ${engine.pinned}`, go, [...args, engine.package], {
    cwd: moduleFolder,
    env: { ...env, CGO_ENABLED: '0', GOWORK: 'off' },
  });
}

async function expectPinned(engine: Engine, binary: string): Promise<void> {
  const result = await probe(engine, binary);
  if (result.usable && result.version === engine.pinned) return;
  const found = result.usable ? `it is ${result.version}` : result.reason;
  throw new EngineError(
    'build_version_differs',
    `built ${engine.name} is not the pinned ${engine.pinned}: ${found}; ENGINES and go/${engine.module}/go.mod must agree`,
  );
}
