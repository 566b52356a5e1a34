import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adminServer } from './admin-server.ts';
import { testContext } from './test-context.ts';

async function start(portFile?: string) {
  const context = testContext({});
  const server = await adminServer({ ...context, host: '127.0.0.1', port: 0, portFile });
  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return { context, get, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe('adminServer', () => {
  it('answers /livez always and /readyz by the components, with reasons', async () => {
    await using server = await start();
    const bus = server.context.health.component('bus');
    expect((await server.get('/livez')).status).toBe(200);
    const before = await server.get('/readyz');
    expect(before.status).toBe(503);
    expect(await before.json()).toMatchObject({ ready: false, components: { bus: { reason: 'starting' } } });
    bus.ready();
    expect((await server.get('/readyz?verbose')).status).toBe(200);
  });

  it('answers /metrics as Prometheus text', async () => {
    await using server = await start();
    server.context.health.component('bus').ready();
    const response = await server.get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(await response.text()).toContain('kestrel_ready{component="bus",service="test"} 1');
  });

  it('answers /statusz with all sections: one that throws is shown as broken, secrets are not shown', async () => {
    await using server = await start();
    server.context.status.set('lease', () => ({ term: 4n, token: 'hunter2' }));
    server.context.status.set('cursor', () => {
      throw new Error('not read yet');
    });
    expect(await (await server.get('/statusz')).json()).toEqual({
      lease: { term: '4', token: '[redacted]' },
      cursor: { error: [{ name: 'Error', message: 'not read yet' }] },
    });
  });

  it('takes no other method and no other path; a HEAD has no body', async () => {
    await using server = await start();
    const post = await server.get('/livez', 'POST');
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await server.get('/debug')).status).toBe(404);
    expect(await (await server.get('/livez', 'HEAD')).text()).toBe('');
  });

  it('answers 500 when the metrics cannot be read', async () => {
    await using server = await start();
    server.context.metrics.metrics = () => Promise.reject(new Error('broken collector'));
    expect((await server.get('/metrics')).status).toBe(500);
  });

  it('writes its port to a file and takes it away at the end', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'kestrel-admin-'));
    try {
      const path = join(dir, 'port');
      const server = await start(path);
      const port = (await readFile(path, 'utf8')).trim();
      expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
      await server[Symbol.asyncDispose]();
      expect(await readdir(dir)).toEqual([]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
