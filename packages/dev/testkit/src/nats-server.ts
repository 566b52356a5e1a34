import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { findEngine } from '@kestrel/engines';

import { EngineServer } from './engine-server.ts';
import { freePort } from './free-port.ts';
import type { ManagedProcess } from './spawn-process.ts';
import { tempDir } from './temp-dir.ts';

/** What a configuration may need to know of its server. */
export interface NatsPlace {
  readonly port: number;
  readonly monitorPort: number;
  /** Where JetStream keeps its streams. */
  readonly storeDir: string;
}

/** How to run a nats-server. */
export interface NatsOptions {
  /**
   * The server's configuration. Address and ports are also given as arguments and so override what it says about them.
   * The store folder is given as an argument alone: a `store_dir` in the configuration, even the same one, ends the
   * server ("Duplicate 'store_dir' configuration"). JetStream must be turned on in it (`jetstream {}`).
   */
  readonly config: string | ((place: NatsPlace) => string);
  /** Default: a free port, kept over restarts. */
  readonly port?: number;
  /** Folder that is kept on disposal; default: a temp folder that is removed. */
  readonly dataDir?: string;
}

/** A real nats-server on 127.0.0.1. Disposing stops it. */
export interface NatsServer extends AsyncDisposable {
  /** `nats://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  /** Monitoring over HTTP: /varz, /jsz, /healthz, … */
  readonly monitorUrl: string;
  readonly dataDir: string;
  readonly storeDir: string;
  readonly configFile: string;
  /** The process that runs now, or ran last. */
  readonly process: ManagedProcess;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill9(): Promise<void>;
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Stops the server, copies its JetStream store to the folder, starts it again. */
  snapshot(to: string): Promise<void>;
  /** Stops the server, puts the copied store in place of the present one, starts it again. */
  restore(from: string): Promise<void>;
}

/** Starts a nats-server and returns once it is healthy, JetStream included. @throws EngineError, or Error with its log */
export async function startNats(o: NatsOptions): Promise<NatsServer> {
  await using starting = new AsyncDisposableStack();
  const dataDir = o.dataDir ?? starting.use(await tempDir('kestrel-nats-')).path;
  const storeDir = join(dataDir, 'store');
  await mkdir(storeDir, { recursive: true });
  const port = o.port ?? (await freePort());
  const monitorPort = await freePort();
  const configFile = join(dataDir, 'nats-server.conf');
  await writeFile(configFile, typeof o.config === 'string' ? o.config : o.config({ port, monitorPort, storeDir }), {
    mode: 0o600,
  });

  const monitorUrl = `http://127.0.0.1:${monitorPort}`;
  const listen = ['--addr', '127.0.0.1', '--port', String(port), '--http_port', String(monitorPort)];
  const server = starting.use(
    await EngineServer.start({
      name: 'nats-server',
      command: (await findEngine('nats-server')).path,
      args: ['--config', configFile, ...listen, '--store_dir', storeDir],
      logFile: join(dataDir, 'nats-server.log'),
      ready: async (signal) => (await fetch(`${monitorUrl}/healthz`, { signal })).ok,
    }),
  );

  const whileStopped = async (work: () => Promise<void>): Promise<void> => {
    await server.stop();
    await work();
    await server.start();
  };
  const owned = starting.move();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    monitorUrl,
    dataDir,
    storeDir,
    configFile,
    get process() {
      return server.process;
    },
    start: async () => await server.start(),
    stop: async () => await server.stop(),
    kill9: async () => await server.kill9(),
    restart: async () => await server.restart(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    snapshot: async (to) => await whileStopped(async () => await cp(storeDir, to, { recursive: true })),
    restore: async (from) =>
      await whileStopped(async () => {
        await rm(storeDir, { recursive: true });
        await cp(from, storeDir, { recursive: true });
      }),
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}
