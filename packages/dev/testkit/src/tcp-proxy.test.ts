import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import { expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { startTcpProxy, type TcpProxyOptions } from './tcp-proxy.ts';

test('given a plain proxy, when bytes and the end are sent, then both arrive and come back', async () => {
  await using world = await echoThrough();
  const peer = world.dial();
  peer.socket.end('hello');
  await once(peer.socket, 'end');
  expect(peer.received()).toBe('hello');
  expect(world.proxy.delivered).toEqual({ toTarget: 5, toClient: 5 });
  await eventually(() => world.proxy.connections === 0);
});

test('given a delay, when many megabytes are sent, then all come back unchanged', async () => {
  await using world = await echoThrough({ delayMs: 5 });
  const peer = world.dial();
  const sent = Buffer.alloc(8 * 1024 * 1024, 'kestrel.');
  peer.socket.end(sent);
  await once(peer.socket, 'end');
  expect(peer.receivedBytes().equals(sent)).toBe(true);
});

test('given a stalled link, when bytes are sent, then nothing passes and nothing closes, until it is resumed', async () => {
  await using world = await echoThrough();
  const peer = world.dial();
  peer.socket.write('before ');
  await eventually(() => peer.received() === 'before ');
  world.proxy.stall();
  peer.socket.write('held');
  for (const accepted of world.accepted) accepted.destroy();
  const newcomer = world.dial();
  newcomer.socket.write('new');
  await eventually(() => world.proxy.connections === 2);
  await turns(20);
  expect(peer.received()).toBe('before ');
  expect(peer.socket.destroyed).toBe(false);
  expect(newcomer.socket.readyState).toBe('open');
  expect(world.accepted.length).toBe(1);
  world.proxy.resume();
  await eventually(() => newcomer.received() === 'new');
  await eventually(() => peer.socket.destroyed || peer.socket.readableEnded);
});

test('given present connections that are stalled, when the link is resumed, then they stay silent and open, new ones pass', async () => {
  await using world = await echoThrough();
  const present = world.dial();
  present.socket.write('before ');
  await eventually(() => present.received() === 'before ');
  world.proxy.stallPresent();
  present.socket.write('held');
  const next = world.dial();
  next.socket.write('new');
  await eventually(() => next.received() === 'new');
  world.proxy.resume();
  next.socket.write(' and more');
  await eventually(() => next.received() === 'new and more');
  expect(present.received()).toBe('before ');
  expect(present.socket.readyState).toBe('open');
  expect(world.accepted.map((socket) => socket.readyState)).toEqual(['open', 'open']);
  expect(world.proxy.connections).toBe(2);
});

test('given a stalled connection, when one side resets it, then the other does not learn of it, until it is cut', async () => {
  await using world = await echoThrough();
  const present = world.dial();
  present.socket.write('x');
  await eventually(() => present.received() === 'x');
  world.proxy.stallPresent();
  present.socket.resetAndDestroy();
  const next = world.dial();
  next.socket.write('y');
  await eventually(() => next.received() === 'y');
  await turns(20);
  expect(world.accepted.map((socket) => socket.destroyed)).toEqual([false, false]);
  world.proxy.cut();
  await eventually(() => world.accepted.every((socket) => socket.destroyed) && world.proxy.connections === 0);
});

test('given an open connection, when the link is cut, then both sides are reset and new ones pass', async () => {
  await using world = await echoThrough();
  const peer = world.dial();
  peer.socket.write('x');
  await eventually(() => peer.received() === 'x');
  world.proxy.cut();
  await eventually(() => peer.errorCode() === 'ECONNRESET');
  await eventually(() => world.accepted.every((socket) => socket.destroyed));
  const next = world.dial();
  next.socket.write('y');
  expect(await eventually(() => next.received() || undefined)).toBe('y');
});

test('given a refusing proxy, when dialled, then the client is reset, until it is resumed', async () => {
  await using world = await echoThrough();
  world.proxy.refuse();
  const refused = world.dial();
  await eventually(() => refused.errorCode() === 'ECONNRESET');
  world.proxy.resume();
  const next = world.dial();
  next.socket.write('y');
  expect(await eventually(() => next.received() || undefined)).toBe('y');
});

test('given a target that refuses, when dialled, then the client is reset; a new target is then used', async () => {
  await using world = await echoThrough();
  const { target } = world;
  world.proxy.setTarget({ host: '127.0.0.1', port: 1 });
  const refused = world.dial();
  await eventually(() => refused.errorCode() === 'ECONNRESET');
  world.proxy.setTarget(target);
  const next = world.dial();
  next.socket.write('y');
  expect(await eventually(() => next.received() || undefined)).toBe('y');
});

test('given a rate and a target that answers, when a sender runs ahead, then it is held back', async () => {
  await using world = await echoThrough({ bytesPerSecond: 1_000 });
  const peer = world.dial();
  peer.socket.write(Buffer.alloc(64 * 1024 * 1024));
  await eventually(() => peer.socket.bytesWritten > 0 && world.proxy.connections === 1);
  await turns(20);
  expect(world.proxy.delivered.toTarget).toBeLessThan(1024 * 1024);
  expect(peer.socket.writableLength).toBeGreaterThan(0);
});

/** Lets the event loop turn, so that what could happen has happened. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function echoThrough(shape: Omit<TcpProxyOptions, 'target'> = {}) {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  const target = { host: '127.0.0.1', port: address.port };
  const proxy = await startTcpProxy({ target, ...shape });
  const clients: Socket[] = [];
  const dial = () => {
    const socket = connect({ host: proxy.host, port: proxy.port });
    clients.push(socket);
    const chunks: Buffer[] = [];
    let code: unknown;
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error) => (code = 'code' in error ? error.code : error.message));
    return {
      socket,
      received: () => Buffer.concat(chunks).toString(),
      receivedBytes: () => Buffer.concat(chunks),
      errorCode: () => code,
    };
  };
  return {
    proxy,
    target,
    accepted,
    dial,
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      await proxy[Symbol.asyncDispose]();
      for (const socket of accepted) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
