import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath, kill } from 'node:process';

import { expect, test } from 'vitest';

import { eventually, spawnProcess, tempDir } from '../src/index.ts';

const sh = (script: string) => ({ name: 'sh', command: '/bin/sh', args: ['-c', script] });
/** Ignores SIGTERM; `sleep` runs in the foreground, so the shell acts on traps only between two of them. */
const stubborn = "trap '' TERM; echo up; while :; do sleep 0.05; done";

test('given a process that prints and ends, when it has ended, then its exit and output are known', async () => {
  await using dir = await tempDir();
  const logFile = join(dir.path, 'log');
  const child = await spawnProcess({
    ...sh('echo "$GREETING"; echo err >&2; exit 3'),
    env: { GREETING: 'hi' },
    logFile,
  });
  expect(await child.exited).toEqual({ code: 3, signal: null });
  expect(child.exit).toEqual({ code: 3, signal: null });
  expect(child.output()).toMatch(/hi\n/);
  expect(child.output()).toMatch(/err\n/);
  expect(await eventually(async () => (await readFile(logFile, 'utf8')) || undefined)).toContain('hi\n');
  expect(await child.stop()).toBe('terminated');
});

test('given a program that is not there, when it is spawned, then it rejects', async () => {
  const missing = spawnProcess({ name: 'none', command: '/nonexistent/program', args: [] });
  await expect(missing).rejects.toMatchObject({ code: 'ENOENT' });
});

test('given a process that ignores SIGTERM, when it is stopped, then it is killed and that is said', async () => {
  await using child = await spawnProcess({ ...sh(stubborn), stopTimeoutMs: 100 });
  await eventually(() => child.output().includes('up'));
  expect(await child.stop()).toBe('killed');
  expect(child.exit?.signal).toBe('SIGKILL');
});

test('given a paused process, when it is stopped, then it still ends by SIGTERM', async () => {
  await using child = await spawnProcess({ name: 'sleep', command: 'sleep', args: ['600'] });
  child.pause();
  await eventually(async () => (await stateOf(child.pid)) === 'T');
  child.resume();
  await eventually(async () => (await stateOf(child.pid)) === 'S');
  child.pause();
  expect(await child.stop()).toBe('terminated');
  expect(child.exit?.signal).toBe('SIGTERM');
});

test('given a parent with a child and a grandchild, when the parent is killed by SIGKILL, then nothing of them is left', async () => {
  const door = new URL('../src/index.ts', import.meta.url).href;
  const script = `
    const { spawnProcess } = await import(${JSON.stringify(door)});
    const child = await spawnProcess({ name: 'sh', command: '/bin/sh', args: ['-c', 'sleep 600 & echo $!; wait'] });
    while (!child.output()) await new Promise((resolve) => setTimeout(resolve, 10));
    console.log('pids', child.pid, child.output().trim());
    setInterval(() => {}, 1000);`;
  await using parent = await spawnProcess({
    name: 'parent',
    command: execPath,
    args: ['--input-type=module', '--eval', script],
  });
  const pids = await eventually(() => /pids (\d+) (\d+)/.exec(parent.output())?.slice(1).map(Number));
  expect(pids.map(isAlive)).toEqual([true, true]);
  kill(parent.pid, 'SIGKILL'); // the process alone, not its group
  await parent.exited;
  await eventually(() => !pids.some(isAlive), { message: 'child and grandchild are gone' });
});

function isAlive(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch {
    return false; // ESRCH: no such process
  }
}

/** The process's state letter (proc_pid_stat(5)). */
async function stateOf(pid: number): Promise<string | undefined> {
  return /\) (\S)/.exec(await readFile(`/proc/${pid}/stat`, 'utf8'))?.[1];
}
