import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { replySchema } from './actor-messages.ts';

/** Longest wait for an answer: a bound on a fault. */
const CALL_TIMEOUT_MS = 120_000;
/** How long an actor may take to end by itself. */
const STOP_TIMEOUT_MS = 5_000;

interface PendingCall {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A part of a benchmark in a process of its own, so that neither its CPU nor its pauses are those of the process under
 * test or of the driver. It ends when the driver ends.
 */
export class Actor implements AsyncDisposable {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, PendingCall>();
  #lastId = 0;

  /** Starts the module (a URL), which calls `serveActor`. */
  constructor(name: string, module: URL) {
    this.name = name;
    this.#child = fork(fileURLToPath(module), { serialization: 'json', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('message', (message) => this.#settle(replySchema.parse(message)));
    this.#child.once('exit', (code, signal) => {
      for (const id of this.#calls.keys())
        this.#fail(id, new Error(`${name} ended (${signal ?? `exit code ${code}`})`));
    });
    this.#child.once('error', (error) => {
      for (const id of this.#calls.keys()) this.#fail(id, error);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Asks, and checks the answer. @throws Error what the actor threw, or that it has ended or does not answer */
  async call<S extends z.ZodType>(method: string, params: unknown, result: S): Promise<z.output<S>> {
    const id = (this.#lastId += 1);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#calls.set(id, { resolve, reject });
    const timer = setTimeout(
      () => this.#fail(id, new Error(`${this.name} gives no answer to ${method} within ${CALL_TIMEOUT_MS} ms`)),
      CALL_TIMEOUT_MS,
    );
    this.#child.send({ id, method, params }, (error) => {
      if (error !== null) this.#fail(id, error);
    });
    try {
      return result.parse(await promise);
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(kill);
  }

  #settle(reply: z.infer<typeof replySchema>): void {
    if ('error' in reply) this.#fail(reply.id, new Error(`${this.name}: ${reply.error}`));
    else this.#take(reply.id)?.resolve(reply.result);
  }

  #fail(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    return call;
  }
}
