import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bus, connectBus, natsServerConfig, orderedReader, type StreamName, type UserName } from '@kestrel/bus';
import { busUsers } from '@kestrel/dev-stack';
import { findEngine } from '@kestrel/engines';
import { createLogger, type Logger } from '@kestrel/runtime';
import { EngineServer, freePort } from '@kestrel/testkit';
import { readFile } from 'node:fs/promises';

/** Room for the streams of the largest bench. */
const STORE_BYTES_MAX = 16 * 1_024 ** 3;
const READ_AHEAD_BYTES = 8 * 1_024 ** 2;

/** Where a bus keeps its things and which program serves it. */
export interface BenchBusOptions {
  readonly folder: string;
  /** Another nats-server than the pinned one: see slow-disk/. */
  readonly program?: string;
}

/** What a stream holds. */
export interface StreamFill {
  readonly messages: number;
  readonly lastSeq: number;
  readonly bytes: number;
}

/** A real nats-server with the product's accounts and `sync_interval: always`, and the driver's own look into it. */
export class BenchBus implements AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly #stack: AsyncDisposableStack;
  readonly #users: Awaited<ReturnType<typeof busUsers>>;
  readonly #inspector: Bus;
  readonly #log: Logger;

  private constructor(o: {
    url: string;
    pid: number;
    stack: AsyncDisposableStack;
    users: Awaited<ReturnType<typeof busUsers>>;
    inspector: Bus;
    log: Logger;
  }) {
    this.url = o.url;
    this.pid = o.pid;
    this.#stack = o.stack;
    this.#users = o.users;
    this.#inspector = o.inspector;
    this.#log = o.log;
  }

  static async start(o: BenchBusOptions): Promise<BenchBus> {
    await using starting = new AsyncDisposableStack();
    const users = await busUsers(join(o.folder, 'nats-users'));
    const storeDir = join(o.folder, 'nats-store');
    await mkdir(storeDir, { recursive: true });
    const [port, monitorPort] = [await freePort(), await freePort()];
    const configFile = join(o.folder, 'nats-server.conf');
    const config = natsServerConfig({
      users,
      storeDir,
      port,
      monitorPort,
      syncInterval: 'always',
      maxStoreBytes: STORE_BYTES_MAX,
    });
    await writeFile(configFile, config, { mode: 0o600 });
    const server = starting.use(
      await EngineServer.start({
        name: 'nats-server',
        command: o.program ?? (await findEngine('nats-server')).path,
        args: ['--config', configFile],
        logFile: join(o.folder, 'nats-server.log'),
        ready: async (signal) => (await fetch(`http://127.0.0.1:${monitorPort}/healthz`, { signal })).ok,
      }),
    );
    const url = `nats://127.0.0.1:${port}`;
    const log = createLogger({ service: 'bench', level: 'silent' });
    const inspector = starting.use(
      await connectAs({ url, user: 'inspector', seedFile: users.inspector.seedFile, log }),
    );
    return new BenchBus({ url, pid: server.process.pid, stack: starting.move(), users, inspector, log });
  }

  /** File with the user's nkey seed. */
  seedFile(user: UserName): string {
    return this.#users[user].seedFile;
  }

  /** A connection as one of the product's users. */
  async connect(user: UserName): Promise<Bus> {
    return await connectAs({ url: this.url, user, seedFile: this.seedFile(user), log: this.#log });
  }

  /** What a stream holds now; undefined while it does not exist. */
  async fill(stream: StreamName): Promise<StreamFill | undefined> {
    const manager = await this.#inspector.manager();
    try {
      const { state } = await manager.streams.info(stream);
      return { messages: state.messages, lastSeq: state.last_seq, bytes: state.bytes };
    } catch (error) {
      if (error instanceof Error && /stream not found/.test(error.message)) return undefined;
      throw error;
    }
  }

  /** How many objects have their last record after this sequence: those that were published since. */
  async recordsAfter(seq: number): Promise<number> {
    const { lastSeq } = (await this.fill('KESTREL_RESOURCES')) ?? { lastSeq: 0 };
    if (lastSeq <= seq) return 0;
    const stop = new AbortController();
    let records = 0;
    const reader = orderedReader(this.#inspector, {
      stream: 'KESTREL_RESOURCES',
      startSeq: seq + 1,
      bytesMax: READ_AHEAD_BYTES,
      signal: stop.signal,
      log: this.#log,
    });
    for await (const message of reader) {
      if (!message.subject.startsWith(FENCES)) records += 1;
      if (message.seq >= lastSeq) break;
    }
    stop.abort();
    return records;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Subjects below this are the writers' fences, not objects. */
const FENCES = 'kestrel.resources._fence.';

async function connectAs(o: { url: string; user: UserName; seedFile: string; log: Logger }): Promise<Bus> {
  const seed = (await readFile(o.seedFile, 'utf8')).trim();
  return await connectBus({ servers: [o.url], user: o.user, seed, service: 'bench', instance: 'driver', log: o.log });
}
