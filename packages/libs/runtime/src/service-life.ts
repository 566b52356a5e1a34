import { randomUUID } from 'node:crypto';
import { adminServer } from './admin-server.ts';
import { systemClock } from './clock.ts';
import { EventLoopMonitor } from './event-loop-monitor.ts';
import { createHealth } from './health.ts';
import type { Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { RuntimeSettings } from './runtime-settings.ts';
import type { ServiceContext } from './service-context.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { sleep } from './sleep.ts';
import { createStatusBoard } from './status-board.ts';

interface ServiceLifeOptions<C> {
  definition: ServiceDefinition<C>;
  settings: RuntimeSettings;
  config: C;
  log: Logger;
  onGraceExceeded: (why: string) => void;
}

/**
 * From start to stop: admin server, service; then readiness drops, the delay passes, the service is disposed, and the
 * admin server last, so that a probe sees "shutting down" and not a refused connection.
 */
export class ServiceLife<C> {
  readonly #options: ServiceLifeOptions<C>;
  readonly #log: Logger;
  readonly #context: ServiceContext<C>;
  readonly #stopping = new AbortController();
  readonly #ending = Promise.withResolvers<0 | 1>();
  #ended = false;

  constructor(options: ServiceLifeOptions<C>) {
    const { definition, settings, config, log } = options;
    const metrics = createMetrics({ service: definition.name, processMetrics: true });
    this.#options = options;
    this.#log = log;
    this.#context = {
      service: definition.name,
      instance: settings.instance,
      boot: randomUUID(),
      config,
      log,
      metrics,
      health: createHealth({ log, metrics, clock: systemClock }),
      status: createStatusBoard(),
      clock: systemClock,
      signal: this.#stopping.signal,
      fail: (error) => this.#fail(error),
    };
  }

  /** Asks for an orderly stop. False if it was asked for before. */
  stop(why: string): boolean {
    if (!this.#end(0)) return false;
    this.#log.info({ why }, 'service stops');
    return true;
  }

  /** Lives until stop or failure; the process's exit code. */
  async run(): Promise<0 | 1> {
    const { settings, definition } = this.#options;
    const { health, metrics, status, boot } = this.#context;
    using monitor = new EventLoopMonitor(metrics);
    status.set('process', () => this.#processStatus(monitor));
    const lifecycle = health.component('lifecycle');
    let admin: AsyncDisposable;
    try {
      const server = await adminServer({
        host: settings.adminHost,
        port: settings.adminPort,
        portFile: settings.adminPortFile,
        health,
        metrics,
        status,
        log: this.#log,
      });
      this.#log.info({ boot, adminHost: settings.adminHost, adminPort: server.port }, 'service starts');
      admin = server;
    } catch (error) {
      this.#log.fatal({ err: error, adminPort: settings.adminPort }, 'admin server cannot start');
      return 1;
    }
    const started = this.#start(
      () => definition.start(this.#context),
      () => lifecycle.ready(),
    );
    const exitCode = await this.#ending.promise;
    return (await this.#shutDown(started, admin)) ? exitCode : 1;
  }

  /** Never rejects: a start that fails becomes the end of the service, one cut short by the stop is no failure. */
  async #start(start: () => Promise<AsyncDisposable>, ready: () => void): Promise<AsyncDisposable | undefined> {
    try {
      const resources = await start();
      if (!this.#ended) {
        ready();
        this.#log.info('service is up');
      }
      return resources;
    } catch (error) {
      if (this.#stopping.signal.aborted) this.#log.info({ err: error }, 'start was cut short by the stop');
      else this.#fail(error);
      return undefined;
    }
  }

  async #shutDown(started: Promise<AsyncDisposable | undefined>, admin: AsyncDisposable): Promise<boolean> {
    const { shutdownDelayMs, shutdownGraceMs } = this.#options.settings;
    const deadline = setTimeout(() => {
      this.#options.onGraceExceeded(`stop takes longer than ${shutdownGraceMs} ms: exits at once`);
    }, shutdownGraceMs);
    try {
      await sleep(shutdownDelayMs);
      this.#stopping.abort();
      await using resources = new AsyncDisposableStack();
      resources.use(admin);
      resources.use(await started);
    } catch (error) {
      this.#log.error({ err: error }, 'stop fails');
      return false;
    } finally {
      clearTimeout(deadline);
    }
    this.#log.info('service is stopped');
    return true;
  }

  #fail(error: unknown): void {
    if (this.#end(1)) this.#log.fatal({ err: error }, 'service fails and stops');
    else this.#log.error({ err: error }, 'service fails while stopping');
  }

  #end(exitCode: 0 | 1): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#context.health.shuttingDown();
    this.#ending.resolve(exitCode);
    return true;
  }

  #processStatus(monitor: EventLoopMonitor): unknown {
    const { service, instance, boot } = this.#context;
    const memory = process.memoryUsage();
    return {
      service,
      instance,
      boot,
      node: process.version,
      uptimeMs: Math.round(process.uptime() * 1_000),
      rssBytes: memory.rss,
      heapUsedBytes: memory.heapUsed,
      eventLoopStallMaxMs: monitor.maxStallMs(),
    };
  }
}
