import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { ENGINES } from '@kestrel/engines';

/** How much of the compiler's output goes into an error. */
const OUTPUT_CHARS_MAX = 2_000;

const engine = ENGINES['nats-server'];
const moduleFolder = fileURLToPath(new URL(`../go/${engine.module}/`, import.meta.resolve('@kestrel/engines')));

/**
 * Builds the pinned nats-server with a slower disk: the same sources, except that Go's own `File.Sync` waits `delayMs`
 * before each fsync (`go build -overlay`). Such a wait blocks the one goroutine that syncs, exactly as a slower disk
 * would; a delay anywhere else (in the network, at a proxy) would not hold up the writes behind it. Preloading a library
 * is no way, since Go makes its system calls itself. Takes a minute the first time, then seconds from Go's build cache.
 *
 * @returns the program's file, in `folder`
 * @throws Error when there is no Go, or its File.Sync does not look as expected
 */
export async function buildSlowNats(o: { folder: string; delayMs: number }): Promise<string> {
  const goRoot = (await go(['env', 'GOROOT'])).trim();
  const original = join(goRoot, 'src/os/file_posix.go');
  const slowed = join(o.folder, 'file_posix.go');
  await writeFile(slowed, slowedSync(await readFile(original, 'utf8'), o.delayMs));
  const overlay = join(o.folder, 'overlay.json');
  await writeFile(overlay, JSON.stringify({ Replace: { [original]: slowed } }));
  const program = join(o.folder, 'nats-server-slow-disk');
  await go([
    'build',
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    '-overlay',
    overlay,
    '-o',
    program,
    engine.package,
  ]);
  return program;
}

const SYNC = 'if e := f.pfd.Fsync(); e != nil {';

/** Go's os/file_posix.go with a wait in `File.Sync`. @throws Error when the call is not there exactly once */
export function slowedSync(source: string, delayMs: number): string {
  if (source.split(SYNC).length !== 2) throw new Error("this Go's File.Sync is not the one that the delay is made for");
  return source.replace(SYNC, `time.Sleep(${delayMs} * time.Millisecond)\n\t${SYNC}`);
}

async function go(args: readonly string[]): Promise<string> {
  const child = spawn('go', args, {
    cwd: moduleFolder,
    env: { ...env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-OUTPUT_CHARS_MAX)));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`go ${args[0] ?? ''} failed: ${errors.trim()}`);
  return output;
}
