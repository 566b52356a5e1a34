import { setTimeout as sleep } from 'node:timers/promises';

import { spawnProcess, type ManagedProcess, type SpawnOptions } from './spawn-process.ts';

/** How often a starting server is asked whether it is ready. */
const readyIntervalMs = 25;
/** How long a server may take to become ready; a fault when exceeded, also on a busy machine. */
const readyTimeoutMs = 60_000;
/** How long one such question may take. */
const readyProbeTimeoutMs = 2_000;

/** A server program: how to run it and how to see that it serves. */
export interface ServerProgram extends SpawnOptions {
  /** Whether it serves; false or an error means not yet. */
  readonly ready: (signal: AbortSignal) => Promise<boolean>;
}

/** A server process that can be killed, paused and started again on the same address and data. */
export class EngineServer implements AsyncDisposable {
  readonly #program: ServerProgram;
  #process: ManagedProcess;

  private constructor(program: ServerProgram, process: ManagedProcess) {
    this.#program = program;
    this.#process = process;
  }

  /** Starts the program and returns once it is ready. @throws Error with the program's output when it is not */
  static async start(program: ServerProgram): Promise<EngineServer> {
    return new EngineServer(program, await startReady(program));
  }

  /** The process that runs now, or ran last. */
  get process(): ManagedProcess {
    return this.#process;
  }

  /** Starts it again after {@link stop} or {@link kill9}; ready on return. */
  async start(): Promise<void> {
    if (this.#process.exit === undefined) throw new Error(`${this.#program.name} is already running`);
    this.#process = await startReady(this.#program);
  }

  /** Orderly stop; does nothing when it has ended. */
  async stop(): Promise<void> {
    await this.#process.stop();
  }

  /** SIGKILL; it is gone on return. */
  async kill9(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#process.exited;
  }

  /** Orderly stop, if it runs, and start; ready on return. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** SIGSTOP: its connections stay open and silent, and new ones are accepted by the kernel alone. */
  pause(): void {
    this.#process.pause();
  }

  resume(): void {
    this.#process.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function startReady(program: ServerProgram): Promise<ManagedProcess> {
  const process = await spawnProcess(program);
  const deadlineMs = performance.now() + readyTimeoutMs;
  let last: unknown;
  while (performance.now() < deadlineMs && process.exit === undefined) {
    try {
      if (await program.ready(AbortSignal.timeout(readyProbeTimeoutMs))) return process;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await sleep(readyIntervalMs);
  }
  const how = process.exit === undefined ? `is not ready after ${readyTimeoutMs} ms` : 'ended while starting';
  await process.stop();
  throw new Error(`${program.name} ${how}; it printed:\n${process.output().slice(-4_000)}`, { cause: last });
}
