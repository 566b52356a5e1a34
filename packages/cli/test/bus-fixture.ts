import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectBus, natsServerConfig, USER_NAMES, type Bus, type UserName } from '@kestrel/bus';
import { createLogger, type Logger } from '@kestrel/runtime';
import { startNats, tempDir, type NatsServer } from '@kestrel/testkit';
import { createUser } from '@nats-io/nkeys';
import type { Connection } from '../src/index.ts';

export const silent: Logger = createLogger({ service: 'cli-test', level: 'silent' });

/** A real nats-server with the topology's users, and a connection file for kestrelctl. */
export interface BusFixture extends AsyncDisposable {
  readonly nats: NatsServer;
  readonly dir: string;
  connect(user: UserName): Promise<Bus>;
  /** Writes a connection file; `over` replaces parts of it. */
  connectionFile(name: string, services: Connection['services'], nats?: Partial<Connection['nats']>): Promise<string>;
}

export async function startBusFixture(): Promise<BusFixture> {
  await using starting = new AsyncDisposableStack();
  const { path: dir } = starting.use(await tempDir('kestrel-cli-'));
  const pairs = new Map(USER_NAMES.map((name) => [name, createUser()]));
  const users = Object.fromEntries([...pairs].map(([name, pair]) => [name, { publicKey: pair.getPublicKey() }]));
  const nats = starting.use(await startNats({ config: ({ port }) => natsServerConfig({ users, port }) }));
  const seedOf = (user: UserName): Uint8Array => {
    const pair = pairs.get(user);
    if (pair === undefined) throw new Error(`no key pair for ${user}`);
    return pair.getSeed();
  };
  for (const user of ['inspector', 'inspector-control'] as const) {
    await writeFile(join(dir, `${user}.nk`), seedOf(user), { mode: 0o600 });
  }
  const owned = starting.move();
  return {
    nats,
    dir,
    async connect(user) {
      const seed = new TextDecoder().decode(seedOf(user));
      const of = { servers: [nats.url], user, seed, service: 'cli-test', instance: user, log: silent };
      return owned.use(await connectBus(of));
    },
    async connectionFile(name, services, over = {}) {
      const connection: Connection = {
        cluster: { id: 'c-1', name: 'test' },
        nats: {
          servers: [nats.url],
          inspector: { seedFile: 'inspector.nk' },
          inspectorControl: { seedFile: 'inspector-control.nk' },
          ...over,
        },
        services,
      };
      const file = join(dir, name);
      await writeFile(file, JSON.stringify({ ...connection, unknown: 'is ignored' }));
      return file;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
