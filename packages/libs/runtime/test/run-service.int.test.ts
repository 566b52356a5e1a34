import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

const probe = new URL('./probe-service.ts', import.meta.url).pathname;
const logLine = z.looseObject({ msg: z.string(), level: z.string() });
type LogLine = z.infer<typeof logLine>;

let dir = '';
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'kestrel-runtime-'))));
afterEach(() => rm(dir, { recursive: true }));

function run(env: Record<string, string> = {}, args: string[] = []) {
  const base = { ADMIN_HOST: '127.0.0.1', ADMIN_PORT: '0', ADMIN_PORT_FILE: join(dir, 'port'), INSTANCE: 'probe-0' };
  const child = spawn(process.execPath, [probe, ...args], {
    env: { ...base, ...env },
    stdio: 'pipe',
  });
  const lines: LogLine[] = [];
  const errors: string[] = [];
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const seen = new EventTarget();
  createInterface(child.stdout).on('line', (line) => {
    if (!line.startsWith('{"level')) return;
    lines.push(logLine.parse(JSON.parse(line)));
    seen.dispatchEvent(new Event('line'));
  });
  const exited = once(child, 'close').then(([code]) => z.number().nullable().parse(code));
  return {
    lines,
    exited,
    stderr: () => errors.join(''),
    stdout: () => output,
    find: (msg: string) => lines.find((line) => line.msg.includes(msg)),
    release: () => child.stdin.end(),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    async logged(msg: string) {
      while (!lines.some((line) => line.msg.includes(msg))) {
        const ended = exited.then((code) =>
          Promise.reject(new Error(`exited ${code} before "${msg}": ${errors.join('')}`)),
        );
        await Promise.race([once(seen, 'line'), ended]);
      }
    },
    async get(path: string) {
      const port = (await readFile(join(dir, 'port'), 'utf8')).trim();
      return fetch(`http://127.0.0.1:${port}${path}`);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

describe('a service that runs', () => {
  it('answers its admin port, drops readiness before it is disposed, and exits 0 on SIGTERM', async () => {
    await using service = run({ PROBE_SCENARIO: 'held-stop', SHUTDOWN_DELAY_MS: '20' });
    await service.logged('service is up');
    expect((await service.get('/readyz')).status).toBe(200);
    const metrics = await (await service.get('/metrics')).text();
    expect(metrics).toContain('kestrel_event_loop_stall_max_ms');
    expect(metrics).toContain('process_cpu_user_seconds_total');
    expect(await (await service.get('/statusz')).json()).toMatchObject({
      process: { service: 'probe', instance: 'probe-0' },
    });

    service.kill('SIGTERM');
    await service.logged('dispose begins');
    const during = await service.get('/readyz');
    expect(during.status).toBe(503);
    expect(await during.json()).toMatchObject({ components: { lifecycle: { reason: 'shutting down' } } });
    service.release();

    expect(await service.exited).toBe(0);
    const told = service.lines.map((line) => line.msg);
    expect(told.indexOf('component is not ready')).toBeLessThan(told.indexOf('dispose begins'));
    expect(service.find('dispose begins')).toMatchObject({ ready: false });
    expect(service.lines.at(-1)?.msg).toBe('service is stopped');
    await expect(readFile(join(dir, 'port'))).rejects.toThrow('ENOENT');
  });

  it('is disposed and exits 0 on SIGINT too', async () => {
    await using service = run();
    await service.logged('service is up');
    service.kill('SIGINT');
    expect(await service.exited).toBe(0);
    expect(service.find('dispose ends')).toBeDefined();
  });

  it('is ended with 1 when the stop takes longer than its grace period', async () => {
    await using service = run({ PROBE_SCENARIO: 'slow-stop', SHUTDOWN_GRACE_MS: '200' });
    await service.logged('service is up');
    service.kill('SIGTERM');
    expect(await service.exited).toBe(1);
    expect(service.lines.at(-1)).toMatchObject({ level: 'fatal', msg: expect.stringContaining('longer than 200 ms') });
  });

  it('is ended with 1 at once by a second signal', async () => {
    await using service = run({ PROBE_SCENARIO: 'slow-stop' });
    await service.logged('service is up');
    service.kill('SIGTERM');
    await service.logged('dispose begins');
    service.kill('SIGTERM');
    expect(await service.exited).toBe(1);
    expect(service.lines.at(-1)?.msg).toContain('exits at once');
  });

  it('exits 1 and says why when a resource cannot be disposed', async () => {
    await using service = run({ PROBE_SCENARIO: 'stop-fails' });
    await service.logged('service is up');
    service.kill('SIGTERM');
    expect(await service.exited).toBe(1);
    expect(service.find('stop fails')).toMatchObject({ err: { message: 'flush failed' } });
  });
});

describe('a service that fails', () => {
  it('is stopped in order and exits 1 when it declares itself failed', async () => {
    await using service = run({ PROBE_SCENARIO: 'fail' });
    expect(await service.exited).toBe(1);
    expect(service.find('service fails')).toMatchObject({ level: 'fatal', err: { code: 'stream_missing' } });
    expect(service.find('dispose ends')).toBeDefined();
  });

  it('exits 1 with the whole chain when it cannot start', async () => {
    await using service = run({ PROBE_SCENARIO: 'start-fails' });
    expect(await service.exited).toBe(1);
    expect(service.find('service fails')).toMatchObject({
      err: { code: 'bus_unreachable', causes: [{ message: 'dial' }] },
    });
  });

  it.each([
    ['crash', 'uncaughtException', { name: 'SyntaxError' }],
    ['rejection', 'unhandledRejection', { message: 'forgotten', causes: [{ message: 'the root' }] }],
  ])('exits 1 at once on a programmer’s error: %s', async (scenario, origin, err) => {
    await using service = run({ PROBE_SCENARIO: scenario });
    expect(await service.exited).toBe(1);
    expect(service.lines.at(-1)).toMatchObject({ level: 'fatal', origin, err });
    expect(service.find('dispose begins')).toBeUndefined();
  });

  it('exits 1 when its admin port is taken', async () => {
    await using first = run();
    await first.logged('service is up');
    const port = (await readFile(join(dir, 'port'), 'utf8')).trim();
    await using second = run({ ADMIN_PORT: port, ADMIN_PORT_FILE: '' });
    expect(await second.exited).toBe(1);
    expect(second.find('admin server cannot start')).toMatchObject({ err: { code: 'EADDRINUSE' } });
  });
});

describe('a service that is stopped while it starts', () => {
  it('exits 0: the start is cut short by its signal', async () => {
    await using service = run({ PROBE_SCENARIO: 'start-waits' });
    await service.logged('waits for ever');
    expect((await service.get('/readyz')).status).toBe(503);
    service.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    expect(service.find('start was cut short')).toBeDefined();
  });
});

describe('the configuration', () => {
  const wrong = { PROBE_SIZE: '11', PROBE_SCENARIO: 'what', LOG_LEVEL: 'loud', SHUTDOWN_GRACE_MS: '1' };

  it.each([[[]], [['--check-config']]])(
    'lists every problem, of runtime and service, and exits 2 (%j)',
    async (args) => {
      await using service = run(wrong, args);
      expect(await service.exited).toBe(2);
      const names = service
        .stderr()
        .trim()
        .split('\n')
        .map((line) => line.split(': ').slice(0, 2).join(' '));
      expect(names).toEqual(['probe LOG_LEVEL', 'probe SHUTDOWN_GRACE_MS', 'probe PROBE_SCENARIO', 'probe PROBE_SIZE']);
      expect(service.stdout()).toBe('');
    },
  );

  it('is printed redacted by --check-config, which exits 0 and starts nothing', async () => {
    await writeFile(join(dir, 'token'), 'hunter2');
    await using service = run({ PROBE_TOKEN_FILE: join(dir, 'token') }, ['--check-config']);
    expect(await service.exited).toBe(0);
    expect(JSON.parse(service.stdout())).toMatchObject({
      runtime: { instance: 'probe-0', shutdownGraceMs: 25_000 },
      service: { PROBE_SIZE: 1, PROBE_TOKEN_FILE: '[redacted]' },
    });
    expect(service.stdout()).not.toContain('hunter2');
  });

  it('does not start on an argument that nobody knows', async () => {
    await using service = run({}, ['--chek-config']);
    expect(await service.exited).toBe(2);
    expect(service.stderr()).toBe('probe: --chek-config: unknown argument\n');
  });
});
