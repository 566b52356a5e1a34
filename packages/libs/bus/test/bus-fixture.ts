import { createConnection } from 'node:net';
import { jetstreamManager } from '@nats-io/jetstream';
import { createUser, fromSeed } from '@nats-io/nkeys';
import { connect } from '@nats-io/transport-node';
import { z } from 'zod';
import { createLogger } from '@kestrel/runtime';
import type { Logger } from '@kestrel/runtime';
import { eventually, startNats } from '@kestrel/testkit';
import type { NatsServer } from '@kestrel/testkit';
import { connectBus, natsServerConfig, USER_NAMES } from '../src/index.ts';
import type { Account, Bus, BusOptions, Outgoing, UserName } from '../src/index.ts';

/** A real nats-server with the whole topology's users, and connections as any of them. */
export interface BusFixture extends AsyncDisposable {
  readonly nats: NatsServer;
  readonly log: Logger;
  connect(user: UserName, over?: Partial<BusOptions>): Promise<Bus>;
  /** Deletes a stream as an operator with every right in the account would. */
  deleteStream(account: Account, stream: string): Promise<void>;
  /** Waits until a stream has so many consumers. */
  consumers(account: Account, stream: string, count: number): Promise<void>;
  /** Every subject that any stream of the account holds a message of. */
  storedSubjects(account: Account): Promise<string[]>;
  /** Publishes with a header block given byte for byte, as no client library would write it. */
  publishRaw(account: Account, subject: string, headerBlock: string, body: string): Promise<void>;
}

export const silent: Logger = createLogger({ service: 'bus-test', level: 'silent' });

export async function startBusFixture(): Promise<BusFixture> {
  await using starting = new AsyncDisposableStack();
  const decoder = new TextDecoder();
  const seeds = new Map<UserName, string>();
  const users: Partial<Record<UserName, { publicKey: string }>> = {};
  for (const name of USER_NAMES) {
    const seed = decoder.decode(createUser().getSeed());
    seeds.set(name, seed);
    users[name] = { publicKey: fromSeed(new TextEncoder().encode(seed)).getPublicKey() };
  }
  const nats = starting.use(
    await startNats({ config: ({ port }) => withOperators(natsServerConfig({ users, port })) }),
  );
  const owned = starting.move();
  return {
    nats,
    log: silent,
    async connect(user, over = {}) {
      const seed = seeds.get(user);
      if (seed === undefined) throw new Error(`no seed for ${user}`);
      const bus = await connectBus({
        servers: [nats.url],
        user,
        seed,
        service: 'bus-test',
        instance: user,
        log: silent,
        ...over,
      });
      return owned.use(bus);
    },
    async deleteStream(account, stream) {
      await using operator = await connect({ servers: nats.url, user: account, pass: OPERATOR_PASSWORD });
      const manager = await jetstreamManager(operator);
      await manager.streams.delete(stream);
    },
    async consumers(account, stream, count) {
      await using operator = await connect({ servers: nats.url, user: account, pass: OPERATOR_PASSWORD });
      const manager = await jetstreamManager(operator);
      await eventually(async () => (await manager.streams.info(stream)).state.consumer_count === count);
    },
    async storedSubjects(account) {
      await using operator = await connect({ servers: nats.url, user: account, pass: OPERATOR_PASSWORD });
      const manager = await jetstreamManager(operator);
      const names = await collect(manager.streams.names());
      const infos = await Promise.all(names.map((name) => manager.streams.info(name, { subjects_filter: '>' })));
      return infos.flatMap((info) => Object.keys(info.state.subjects ?? {}));
    },
    publishRaw: (account, subject, headerBlock, body) => publishRaw(nats.port, account, subject, headerBlock, body),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function publishRaw(port: number, account: Account, subject: string, block: string, body: string): Promise<void> {
  const socket = createConnection(port, '127.0.0.1');
  try {
    const login = JSON.stringify({
      user: account,
      pass: OPERATOR_PASSWORD,
      verbose: false,
      headers: true,
      lang: 'test',
      version: '1',
    });
    const publish =
      block === '' ? `PUB ${subject} ${body.length}` : `HPUB ${subject} ${block.length} ${block.length + body.length}`;
    socket.write(`CONNECT ${login}\r\n${publish}\r\n${block}${body}\r\nPING\r\n`);
    let received = '';
    for await (const chunk of socket) {
      received += String(chunk);
      if (received.includes('-ERR')) throw new Error(received);
      if (received.includes('PONG')) return;
    }
    throw new Error(`the server hung up: ${received}`);
  } finally {
    socket.destroy();
  }
}

const OPERATOR_PASSWORD = 'only in tests';

/** Adds a user without limits to each account: no user of the topology may delete anything. */
function withOperators(config: string): string {
  const parsed = z.looseObject({ accounts: z.record(z.string(), z.looseObject({ users: z.array(z.unknown()) })) });
  const { accounts, ...rest } = parsed.parse(JSON.parse(config));
  for (const [account, { users }] of Object.entries(accounts)) {
    // Accounts of isolated users have no streams.
    if (account.includes('_')) continue;
    users.push({ user: account, password: OPERATOR_PASSWORD });
  }
  return JSON.stringify({ ...rest, accounts });
}

/** A small message; the body says which one it is. */
export function outgoing(subject: string, msgId: string, body = msgId): Outgoing {
  return { subject, msgId, data: Buffer.from(body) };
}

export async function collect<T>(source: AsyncIterable<T>, max = Number.POSITIVE_INFINITY): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) {
    all.push(one);
    if (all.length >= max) break;
  }
  return all;
}
