import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { env as processEnv } from 'node:process';
import { fileURLToPath } from 'node:url';

import { buildEngine } from './build.ts';
import { holdLock } from './build-lock.ts';
import { cacheFolder, cacheKey } from './cache-key.ts';
import { EngineError } from './engine-error.ts';
import { ENGINES, type Engine, type EngineName } from './engine-table.ts';
import type { Environment } from './environment.ts';
import { isExecutable, onPath } from './executable.ts';
import { probe } from './probe.ts';
import { reportWhile, type OnProgress } from './progress.ts';

/** An engine that was asked its version just now. */
export interface FoundEngine {
  /** Absolute path of the program. */
  readonly path: string;
  /** `major.minor.patch`, as the program itself reports it. */
  readonly version: string;
  readonly source: 'env' | 'path' | 'cache' | 'build';
}

/** How to look. */
export interface FindOptions {
  /** Default: this process's environment. PATH, the engines' variables and the cache's place are read from it. */
  readonly env?: Environment;
  /** Receives progress lines; default: none are shown. */
  readonly onProgress?: OnProgress;
}

const goFolder = fileURLToPath(new URL('../go/', import.meta.url));
const wheelFolder = fileURLToPath(new URL('../wheels/', import.meta.url));

/**
 * Finds the engine, or builds it: environment variable, then PATH if new enough, then the cache, then a build from
 * pinned sources into the cache. What an environment variable names is used or refused, never passed over.
 *
 * @throws EngineError engine_unusable, go_missing, python_missing, build_failed, build_version_differs
 */
export async function findEngine(name: EngineName, options: FindOptions = {}): Promise<FoundEngine> {
  const engine = ENGINES[name];
  return await locateEngine(engine, join(engine.wheel === true ? wheelFolder : goFolder, engine.module), options);
}

/** {@link findEngine} for any engine and module folder; exported for this package's tests. */
export async function locateEngine(engine: Engine, moduleFolder: string, o: FindOptions): Promise<FoundEngine> {
  const env = o.env ?? processEnv;
  const onProgress = o.onProgress ?? (() => undefined);
  return (
    (await fromEnvironment(engine, env)) ??
    (await fromPath(engine, env, onProgress)) ??
    (await fromCacheOrBuild(engine, env, moduleFolder, onProgress))
  );
}

async function fromEnvironment(engine: Engine, env: Environment): Promise<FoundEngine | undefined> {
  const file = env[engine.fileVariable];
  const folder = engine.folderVariable ? env[engine.folderVariable] : undefined;
  const named = file || (folder && join(folder, engine.name));
  if (!named) return undefined;
  const path = resolve(named);
  const result = await probe(engine, path);
  if (result.usable) return { path, version: result.version, source: 'env' };
  const variable = file ? engine.fileVariable : engine.folderVariable;
  throw new EngineError('engine_unusable', `${variable} names ${path}, which cannot be used: ${result.reason}`, {
    cause: result.cause,
  });
}

async function fromPath(engine: Engine, env: Environment, onProgress: OnProgress): Promise<FoundEngine | undefined> {
  for (const path of await onPath(engine.name, env['PATH'])) {
    const result = await probe(engine, path);
    if (result.usable) return { path, version: result.version, source: 'path' };
    onProgress(`engines: passing over ${path}: ${result.reason}`);
  }
  return undefined;
}

async function fromCacheOrBuild(
  engine: Engine,
  env: Environment,
  moduleFolder: string,
  onProgress: OnProgress,
): Promise<FoundEngine> {
  const folder = join(cacheFolder(env), 'engines');
  const entry = join(folder, await cacheKey(engine, moduleFolder));
  const cached = await fromCache(engine, entry);
  if (cached) return cached;

  await mkdir(folder, { recursive: true });
  using _lock = await lockEntry(engine, entry, onProgress);
  const builtMeanwhile = await fromCache(engine, entry);
  if (builtMeanwhile) return builtMeanwhile;

  await rm(entry, { recursive: true, force: true }); // an entry whose program no longer runs
  await buildEngine({ engine, env, moduleFolder, entry, onProgress });
  return { path: join(entry, engine.name), version: engine.pinned, source: 'build' };
}

async function fromCache(engine: Engine, entry: string): Promise<FoundEngine | undefined> {
  const path = join(entry, engine.name);
  if (!(await isExecutable(path))) return undefined;
  const result = await probe(engine, path);
  return result.usable && result.version === engine.pinned
    ? { path, version: result.version, source: 'cache' }
    : undefined;
}

async function lockEntry(engine: Engine, entry: string, onProgress: OnProgress): Promise<Disposable> {
  using reports = new DisposableStack();
  let waiting = false;
  return await holdLock(`${entry}.lock`, () => {
    if (waiting) return;
    waiting = true;
    reports.use(reportWhile(`waiting for another process that builds ${engine.name} ${engine.pinned}`, onProgress));
  });
}
