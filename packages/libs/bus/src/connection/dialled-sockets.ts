import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { nextTick } from 'node:process';

const dialling = new AsyncLocalStorage<DialledSockets>();

// Node announces every client socket when it is made, in the context of whoever makes it.
subscribe('net.client.socket', (message) => {
  if (typeof message !== 'object' || message === null || !('socket' in message)) return;
  if (message.socket instanceof Socket) dialling.getStore()?.add(message.socket);
});

/**
 * The TCP sockets that some work opens, so that none outlives its failure. @nats-io/transport-node needs it: an attempt
 * to connect that runs into its timeout (the server or the link is half open) leaves its socket open, for good and
 * referenced, and no option of the library gives access to it.
 */
export class DialledSockets {
  #sockets: Socket[] = [];
  #fate: 'open' | 'kept' | 'abandoned' = 'open';

  /** Runs the work; the client sockets that it opens, now or later, belong to this. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    return await dialling.run(this, work);
  }

  /** They live on as their owner says; what the same work opens later (reconnects, callbacks) is its own affair. */
  keep(): void {
    this.#end('kept');
  }

  /** Closes all of them, and each that the work still opens. */
  abandon(): void {
    for (const socket of this.#end('abandoned')) socket.destroy();
  }

  /** Takes a socket that was just made and does not connect yet. */
  add(socket: Socket): void {
    if (this.#fate === 'open') this.#sockets.push(socket);
    // Not at once: connecting, which comes next, would bring it back to life.
    else if (this.#fate === 'abandoned') nextTick(() => socket.destroy());
  }

  #end(fate: 'kept' | 'abandoned'): readonly Socket[] {
    const sockets = this.#sockets;
    this.#sockets = [];
    this.#fate = fate;
    return sockets;
  }
}
