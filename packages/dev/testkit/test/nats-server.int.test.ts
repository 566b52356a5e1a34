import { join } from 'node:path';

import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';

import { startNats, tempDir, type NatsPlace, type NatsServer } from '../src/index.ts';

const varz = z.object({
  server_id: z.string(),
  port: z.number(),
  jetstream: z.object({ config: z.object({ store_dir: z.string() }) }),
});

test('given a server, when it is killed and started, then another process serves the same port and store', async () => {
  await using nats = await startNats({ config: 'jetstream {}' });
  const before = varz.parse(await monitor(nats, '/varz'));
  expect(before.port).toBe(nats.port);
  expect(before.jetstream.config.store_dir).toBe(join(nats.storeDir, 'jetstream'));
  const { pid } = nats.process;
  await nats.kill9();
  expect(nats.process.exit?.signal).toBe('SIGKILL');
  await nats.start();
  const after = varz.parse(await monitor(nats, '/varz'));
  expect(after.port).toBe(before.port);
  expect(after.server_id).not.toBe(before.server_id);
  expect(nats.process.pid).not.toBe(pid);
});

test('given a configuration that names other ports, when it is started, then the kit decides and says where', async () => {
  const config = vi.fn<(place: NatsPlace) => string>(
    (place) => `port: -1, http: "127.0.0.1:1", jetstream {} # ${place.port}`,
  );
  await using nats = await startNats({ config });
  expect(config).toHaveBeenCalledWith(expect.objectContaining({ port: nats.port, storeDir: nats.storeDir }));
  expect(varz.parse(await monitor(nats, '/varz')).port).toBe(nats.port);
});

test('given a configuration with an error, when it is started, then the failure quotes the server', async () => {
  await expect(startNats({ config: 'jetstream { max_mem: what }' })).rejects.toThrow(
    /ended while starting[\s\S]*max_mem|what/,
  );
});

test('given a copied store, when it is restored, then what was written since is gone', async () => {
  await using dir = await tempDir();
  await using nats = await startNats({ config: 'jetstream {}' });
  await createStream(nats, 'ONE');
  await nats.snapshot(join(dir.path, 'copy'));
  await createStream(nats, 'TWO');
  expect(await streamNames(nats)).toEqual(['ONE', 'TWO']);
  await nats.restore(join(dir.path, 'copy'));
  expect(await streamNames(nats)).toEqual(['ONE']);
});

test('given a paused server, when it is asked, then it does not answer until it is resumed', async () => {
  await using nats = await startNats({ config: 'jetstream {}' });
  nats.pause();
  await expect(fetch(`${nats.monitorUrl}/varz`, { signal: AbortSignal.timeout(300) })).rejects.toThrow(/timeout/);
  nats.resume();
  expect((await fetch(`${nats.monitorUrl}/varz`)).status).toBe(200);
});

async function monitor(nats: NatsServer, path: string): Promise<unknown> {
  return await (await fetch(`${nats.monitorUrl}${path}`)).json();
}

async function createStream(nats: NatsServer, name: string): Promise<void> {
  const connection = await connect({ servers: nats.url });
  await (await jetstreamManager(connection)).streams.add({ name, subjects: [name] });
  await connection.close();
}

async function streamNames(nats: NatsServer): Promise<string[]> {
  const connection = await connect({ servers: nats.url });
  const names: string[] = [];
  for await (const name of (await jetstreamManager(connection)).streams.names()) names.push(name);
  await connection.close();
  return names.toSorted();
}
