import { Actor } from '../actor/actor.ts';
import { deliveredSchema, startedSchema } from './contract.ts';

/** A TCP link with latency, in a process of its own; its throughput is not limited. Disposing ends it. */
export class LongLink implements AsyncDisposable {
  readonly port: number;
  readonly #actor: Actor;

  private constructor(actor: Actor, port: number) {
    this.#actor = actor;
    this.port = port;
  }

  static async start(o: { targetPort: number; roundTripMs: number }): Promise<LongLink> {
    await using starting = new AsyncDisposableStack();
    const actor = starting.use(new Actor('link', new URL('./main.ts', import.meta.url)));
    const params = { targetPort: o.targetPort, delayMs: o.roundTripMs / 2 };
    const { port } = await actor.call('start', params, startedSchema);
    starting.move();
    return new LongLink(actor, port);
  }

  /** Bytes that have passed towards the target so far. */
  async bytesToTarget(): Promise<number> {
    return (await this.#actor.call('delivered', {}, deliveredSchema)).toTarget;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#actor[Symbol.asyncDispose]();
  }
}
