import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createUser } from '@nats-io/nkeys';
import { certificateAuthority, eventually, startNats, startTcpProxy, tempDir } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { connectBus, natsServerConfig } from '../src/index.ts';
import { silent, startBusFixture } from './bus-fixture.ts';
import type { BusFixture } from './bus-fixture.ts';

let fixture: BusFixture;
beforeAll(async () => {
  fixture = await startBusFixture();
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

const newSeed = (): string => new TextDecoder().decode(createUser().getSeed());

describe('connecting', () => {
  test('given a key that the server does not know then it is unauthorized, and may work later', async () => {
    await expect(fixture.connect('ingester', { seed: newSeed() })).rejects.toMatchObject({
      code: 'bus_unauthorized',
      retryable: true,
    });
  });

  test('given no server then it is unreachable; given no seed then it never works', async () => {
    await expect(fixture.connect('ingester', { servers: ['127.0.0.1:1'] })).rejects.toMatchObject({
      code: 'bus_unreachable',
      retryable: true,
    });
    const mistyped = newSeed().replace(/(?<=^.{20})./, (letter) => (letter === 'A' ? 'B' : 'A'));
    for (const seed of ['', 'SUNOSEED', mistyped]) {
      await expect(fixture.connect('ingester', { seed })).rejects.toMatchObject({
        code: 'bus_seed_invalid',
        retryable: false,
      });
    }
  });

  test('given a connection then it carries the names that a person looks for, and its state is known', async () => {
    const bus = await fixture.connect('uplink-data', { service: 'uplink', instance: 'pod-7' });
    const answer = await fetch(`${fixture.nats.monitorUrl}/connz`);
    const { connections } = z
      .object({ connections: z.array(z.object({ name: z.string().optional() })) })
      .parse(await answer.json());
    expect(connections.map(({ name }) => name)).toContain('uplink/pod-7');
    expect(bus.status).toEqual({
      connected: true,
      server: `127.0.0.1:${fixture.nats.port}`,
      serverId: bus.nc.info?.server_id,
    });
    expect(bus.account).toBe('DATA');
    await bus[Symbol.asyncDispose]();
    expect(bus.connected).toBe(false);
    expect(await bus.closed).toBeUndefined();
  });

  test('given a link that is cut then it says so with a reason, and comes back by itself', async () => {
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: fixture.nats.port } });
    const bus = await fixture.connect('ingester', { servers: [`${proxy.host}:${proxy.port}`] });
    const events: string[] = [];
    bus.onStatus((event, status) => events.push(`${event} ${status.lastError ?? ''}`.trim()));
    proxy.cut();
    await eventually(() => events.length === 2);
    expect(events).toEqual(['disconnected the connection was lost', 'connected']);
    await bus[Symbol.asyncDispose]();
  });

  test('given a link that is half open then pings find it', async () => {
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: fixture.nats.port } });
    const bus = await fixture.connect('ingester', { servers: [`${proxy.host}:${proxy.port}`] });
    const events: string[] = [];
    bus.onStatus((event, status) => events.push(`${event}: ${status.lastError ?? ''}`));
    proxy.stall();
    await eventually(() => events.length === 1);
    expect(events[0]).toBe('disconnected: the server stopped answering pings');
    proxy.resume();
    await eventually(() => bus.connected);
    await bus[Symbol.asyncDispose]();
  });
});

describe('TLS', () => {
  test('given a server with TLS then only a connection that knows its CA is made, and none without TLS', async () => {
    await using dir = await tempDir('kestrel-bus-tls-');
    const [ca, other] = await Promise.all([certificateAuthority('right'), certificateAuthority('wrong')]);
    const issued = await ca.issue({
      commonName: 'nats',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      serverAuth: true,
    });
    const files = { cert: join(dir.path, 'tls.crt'), key: join(dir.path, 'tls.key') };
    const caFile = join(dir.path, 'ca.crt');
    const wrongCaFile = join(dir.path, 'wrong.crt');
    await Promise.all([
      writeFile(files.cert, issued.certPem),
      writeFile(files.key, issued.keyPem, { mode: 0o600 }),
      writeFile(caFile, ca.certPem),
      writeFile(wrongCaFile, other.certPem),
    ]);
    const user = createUser();
    const seed = new TextDecoder().decode(user.getSeed());
    const users = { ingester: { publicKey: user.getPublicKey() } };
    await using nats = await startNats({ config: ({ port }) => natsServerConfig({ users, port, tls: files }) });
    const o = {
      servers: [`127.0.0.1:${nats.port}`],
      user: 'ingester',
      seed,
      service: 's',
      instance: 'i',
      log: silent,
    } as const;
    await using bus = await connectBus({ ...o, tls: { caFile } });
    expect(bus.connected).toBe(true);
    await expect(connectBus({ ...o, tls: { caFile: wrongCaFile } })).rejects.toMatchObject({ code: 'bus_unreachable' });
    await expect(connectBus(o)).rejects.toMatchObject({ code: 'bus_unreachable' });
  });

  test('given a server without TLS then a connection that wants it fails', async () => {
    await expect(fixture.connect('ingester', { tls: {} })).rejects.toMatchObject({ code: 'bus_unreachable' });
  });
});
