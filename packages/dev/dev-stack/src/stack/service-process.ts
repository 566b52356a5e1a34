import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineServer } from '@kestrel/testkit';

/** How to run one instance of a service. */
export interface ServiceOptions {
  /** Package folder below packages/, for example "services/ingester". */
  readonly dir: string;
  readonly service: string;
  /** Unique in the stack. */
  readonly instance: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder for the log and the file with the admin port. */
  readonly dataDir: string;
}

/** One instance of a service, in a process of its own as in a cluster, so that it can be killed and paused. */
export class ServiceProcess implements AsyncDisposable {
  readonly service: string;
  readonly instance: string;
  readonly #server: EngineServer;
  readonly #portFile: string;
  #port = 0;

  private constructor(options: ServiceOptions, portFile: string, server: EngineServer) {
    this.service = options.service;
    this.instance = options.instance;
    this.#portFile = portFile;
    this.#server = server;
  }

  /** Starts it and returns once its admin server answers; whether it is ready is another matter. */
  static async start(options: ServiceOptions): Promise<ServiceProcess> {
    const portFile = join(options.dataDir, `${options.instance}.port`);
    await rm(portFile, { force: true });
    const server = await EngineServer.start({
      name: options.instance,
      command: process.execPath,
      // On a machine with much memory V8 lets young objects take 130 MB before it looks at them; a pod's limit is smaller.
      args: [
        '--max-semi-space-size=16',
        fileURLToPath(new URL(`../../../../${options.dir}/src/main.ts`, import.meta.url)),
      ],
      env: {
        LOG_FORMAT: 'json',
        ADMIN_HOST: '127.0.0.1',
        ADMIN_PORT: '0',
        ADMIN_PORT_FILE: portFile,
        INSTANCE: options.instance,
        ...options.env,
      },
      logFile: join(options.dataDir, `${options.instance}.log`),
      stopTimeoutMs: 30_000,
      ready: async (signal) => (await fetch(new URL('/livez', await adminUrl(portFile)), { signal })).ok,
    });
    const started = new ServiceProcess(options, portFile, server);
    await started.#readPort();
    return started;
  }

  get pid(): number {
    return this.#server.process.pid;
  }

  /** Whether the process has not ended. */
  get running(): boolean {
    return this.#server.process.exit === undefined;
  }

  /** Where /readyz, /statusz and /metrics are served. */
  get adminUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The end of what it logged. */
  output(): string {
    return this.#server.process.output();
  }

  async start(): Promise<void> {
    await rm(this.#portFile, { force: true }); // a killed process leaves its own behind
    await this.#server.start();
    await this.#readPort();
  }

  /** SIGTERM and wait. */
  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async kill9(): Promise<void> {
    await this.#server.kill9();
  }

  pause(): void {
    this.#server.pause();
  }

  resume(): void {
    this.#server.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async #readPort(): Promise<void> {
    this.#port = Number(new URL(await adminUrl(this.#portFile)).port);
  }
}

const adminUrl = async (portFile: string): Promise<string> =>
  `http://127.0.0.1:${(await readFile(portFile, 'utf8')).trim()}`;
