import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createLogger } from '@kestrel/runtime';
import { eventually } from '@kestrel/testkit';
import { createUser } from '@nats-io/nkeys';
import { describe, expect, test } from 'vitest';
import { connectBus } from './connect-bus.ts';

const INFO = 'INFO {"server_id":"S","version":"2.12.0","headers":true,"max_payload":1048576,"nonce":"bm9uY2U"}\r\n';
const log = createLogger({ service: 'bus-test', level: 'silent' });

describe('connectBus', () => {
  test.each([
    ['says nothing', () => undefined],
    ['greets and then says nothing', (socket: Socket) => void socket.write(INFO)],
    ['greets as none that may be spoken to', (socket: Socket) => void socket.write('SSH-2.0-x\r\n')],
  ])('given a server that %s when attempts fail then none leaves its socket open', async (_what, greet) => {
    await using server = await listener(greet);
    for (const attempt of [1, 2]) {
      await expect(connectTo([server.address])).rejects.toMatchObject({ code: 'bus_unreachable', retryable: true });
      await eventually(() => server.closed === attempt);
    }
    expect(server.accepted).toBe(2);
  });

  test('given several servers that say nothing then each is tried, and none of their sockets stays open', async () => {
    await using one = await listener(() => undefined);
    await using two = await listener(() => undefined);
    await expect(connectTo([one.address, two.address])).rejects.toMatchObject({ code: 'bus_unreachable' });
    await eventually(() => one.closed === 1 && two.closed === 1);
    expect([one.accepted, two.accepted]).toEqual([1, 1]);
  });

  test('given a server that says nothing and one that answers then the second is taken and only its socket stays', async () => {
    await using silent = await listener(() => undefined);
    await using sound = await listener(answerAsNats);
    // The order is the library's, at random: both are asked sooner or later.
    await eventually(async () => {
      await using bus = await connectTo([silent.address, sound.address]);
      expect(bus.connected).toBe(true);
      await eventually(() => silent.closed === silent.accepted);
      expect(sound.accepted - sound.closed).toBe(1);
      return silent.accepted > 0;
    });
  });
});

describe('an established bus', () => {
  test('given a server that went half open when the bus is disposed while it reconnects then no socket stays', async () => {
    let silent = false;
    await using server = await listener((socket) => {
      if (!silent) answerAsNats(socket);
    });
    const bus = await connectTo([server.address]);
    silent = true;
    server.cut();
    await eventually(() => server.accepted === 2);
    await bus[Symbol.asyncDispose]();
    await eventually(() => server.closed === 2);
    expect(bus.connected).toBe(false);
  });
});

const connectTo = (servers: readonly string[]) =>
  connectBus({
    servers,
    user: 'ingester',
    seed: new TextDecoder().decode(createUser().getSeed()),
    service: 's',
    instance: 'i',
    log,
    connectTimeoutMs: 200,
  });

/** Enough of a nats-server to be connected to. */
function answerAsNats(socket: Socket): void {
  socket.write(INFO);
  socket.on('data', (data) => {
    if (data.includes('PING\r\n')) socket.write('PONG\r\n');
  });
}

async function listener(greet: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A reset is a way to close, too.
    socket.on('error', () => undefined);
    socket.resume();
    greet(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    address: `127.0.0.1:${address.port}`,
    cut,
    get accepted() {
      return accepted;
    },
    get closed() {
      return accepted - sockets.size;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
