import type { Account } from '@kestrel/bus';
import { jetstreamManager } from '@nats-io/jetstream';
import { createUser } from '@nats-io/nkeys';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';

/** A hand on the bus that no service has: deletes streams and looks into them. */
export class BusAdmin {
  readonly #keys = { DATA: createUser(), CONTROL: createUser() };

  get publicKeys(): Record<Account, string> {
    return { DATA: this.#keys.DATA.getPublicKey(), CONTROL: this.#keys.CONTROL.getPublicKey() };
  }

  async deleteStream(url: string, account: Account, stream: string): Promise<void> {
    await this.#manage(url, account, (manager) => manager.streams.delete(stream));
  }

  async lastSequence(url: string, account: Account, stream: string): Promise<number> {
    return await this.#manage(url, account, async (manager) => (await manager.streams.info(stream)).state.last_seq);
  }

  async #manage<T>(
    url: string,
    account: Account,
    work: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<T>,
  ): Promise<T> {
    const connection = await connect({ servers: url, authenticator: nkeyAuthenticator(this.#keys[account].getSeed()) });
    try {
      return await work(await jetstreamManager(connection));
    } finally {
      await connection.close();
    }
  }
}
