import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureStreams } from '@kestrel/bus';
import { tempDir } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bundle } from '../src/bundle.ts';
import { silent, startBusFixture, type BusFixture } from './bus-fixture.ts';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

describe('the bundled kestrelctl', () => {
  test('given one file in an empty folder then it runs', async () => {
    await using folder = await tempDir('kestrelctl-');
    const file = join(folder.path, 'kestrelctl.mjs');
    await bundle(file);
    const { stdout } = await run(process.execPath, [file, '--version'], { cwd: folder.path });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);

    // Everything it may need is in it: YAML, zod, JWK and the NATS client.
    await writeFile(join(folder.path, 'values.yaml'), 'global: {}\n');
    const checked = await run(process.execPath, [file, 'config', 'check', 'values.yaml'], { cwd: folder.path }).catch(
      (error: unknown) => error,
    );
    expect(checked).toMatchObject({ code: 2, stdout: expect.stringMatching(/global\.cluster/) });
  });
});

describe('the process', () => {
  let fixture: BusFixture;
  let file: string;

  beforeAll(async () => {
    fixture = await startBusFixture();
    const ingester = await fixture.connect('ingester');
    await ensureStreams(ingester, ['KESTREL_EVENTS'], { log: silent });
    for (let at = 0; at < 300; at += 1)
      await ingester.jetstream().publish('kestrel.events.ingester.x', 'x'.repeat(2_000));
    file = await fixture.connectionFile('connection.json', []);
  });
  afterAll(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  test('given a reader that goes away after the first bytes then it ends well and says nothing', async () => {
    const child = spawn(
      process.execPath,
      [MAIN, '--connection', file, 'events', 'tail', '-f', '-l', '300', '-o', 'json'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code, signal] = await once(child, 'close');
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  });

  test('given SIGINT while it follows then it ends well', async () => {
    const child = spawn(process.execPath, [MAIN, '--connection', file, 'events', 'tail', '-f', '-l', '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const [code, signal] = await once(child, 'close');
    expect({ code, signal }).toEqual({ code: 0, signal: null });
  });

  test('given something that keeps the event loop alive then it ends after its report all the same', async () => {
    const kept = ['--import', 'data:text/javascript,setInterval(() => {}, 1000)'];
    const argv = [...kept, MAIN, '--connection', file, 'events', 'tail', '-l', '300', '-o', 'json'];
    const { stdout } = await run(process.execPath, argv, { maxBuffer: 16 * 1024 * 1024 });
    // Nothing of it is lost, though it is more than a pipe holds.
    expect(stdout.trim().split('\n')).toHaveLength(300);
  });

  test('given a bus that hangs then status has a row with the reason for each account, and ends with 1', async () => {
    fixture.nats.pause();
    try {
      const ended = await run(process.execPath, [MAIN, '--connection', file, 'status']).catch(
        (error: unknown) => error,
      );
      expect(ended).toMatchObject({ code: 1, signal: null, stderr: '' });
      const { stdout } = z.object({ stdout: z.string() }).parse(ended);
      for (const account of ['DATA', 'CONTROL']) {
        expect(stdout).toMatch(new RegExp(`^  account ${account}: no bus at .*: timeout`, 'm'));
      }
      expect(stdout).toMatch(/^NOT OK$/m);
    } finally {
      fixture.nats.resume();
    }
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('given %s while it waits for a bus that hangs then the first one ends it', async (signal, expected) => {
    const mute = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    try {
      const { port } = z.object({ port: z.number() }).parse(mute.address());
      const hanging = await fixture.connectionFile('hanging.json', [], { servers: [`127.0.0.1:${port}`] });
      const dialled = once(mute, 'connection');
      const child = spawn(process.execPath, [MAIN, '--connection', hanging, 'status'], { stdio: 'ignore' });
      await dialled;
      child.kill(signal);
      expect(await once(child, 'close')).toEqual([expected, null]);
    } finally {
      mute.close();
    }
  });

  test('given --verbose then the log is on stderr and stdout holds the result alone', async () => {
    const argv = [MAIN, '--verbose', '--connection', file, 'events', 'tail', '-l', '1', '-o', 'json'];
    const { stdout, stderr } = await run(process.execPath, argv);
    expect(JSON.parse(stdout)).toMatchObject({ stream: 'KESTREL_EVENTS', seq: 300 });
    expect(stderr).toMatch(/bus is connected/);
  });
});
