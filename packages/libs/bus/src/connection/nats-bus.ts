import type { Logger } from '@kestrel/runtime';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { createInbox, NatsConnectionImpl, PermissionViolationError } from '@nats-io/transport-node';
import type { NatsConnection, Status } from '@nats-io/transport-node';
import type { Account } from '../topology/accounts.ts';
import { USERS } from '../topology/users.ts';
import type { UserName } from '../topology/user-names.ts';
import type { Bus, BusEvent, BusOptions, BusStatus } from './bus.ts';
import { isServerNewEnough } from './server-version.ts';

type StatusListener = (event: BusEvent, status: BusStatus) => void;
type RefusalListener = (subject: string) => void;

/** How long a JetStream API request may take. */
const API_TIMEOUT_MS = 5_000;
/** How long disposal waits for the server to take what was written. */
const DRAIN_TIMEOUT_MS = 5_000;

/** The bus over a connection that exists; made by `connectBus`. */
export class NatsBus implements Bus {
  readonly nc: NatsConnection;
  readonly account: Account;
  readonly user: UserName;
  readonly closed: Promise<Error | undefined>;
  readonly #log: Logger;
  readonly #inboxPrefix: string;
  readonly #statusListeners = new Set<StatusListener>();
  readonly #refusalListeners = new Set<RefusalListener>();
  #connected = true;
  #lastError: string | undefined;

  constructor(nc: NatsConnection, o: BusOptions) {
    this.nc = nc;
    this.user = o.user;
    this.account = USERS[o.user].account;
    this.#inboxPrefix = USERS[o.user].inboxPrefix;
    this.#log = o.log;
    this.closed = Promise.all([nc.closed(), this.#follow()]).then(([reason]) => this.#ended(reason));
  }

  get connected(): boolean {
    return this.#connected && !this.nc.isClosed();
  }

  get status(): BusStatus {
    const lastError = this.#lastError === undefined ? {} : { lastError: this.#lastError };
    if (!this.connected) return { connected: false, ...lastError };
    const serverId = this.nc.info?.server_id;
    return {
      connected: true,
      server: this.nc.getServer(),
      ...(serverId === undefined ? {} : { serverId }),
      ...lastError,
    };
  }

  onStatus(fn: StatusListener): () => void {
    this.#statusListeners.add(fn);
    return () => this.#statusListeners.delete(fn);
  }

  onPublishRefused(fn: RefusalListener): () => void {
    this.#refusalListeners.add(fn);
    return () => this.#refusalListeners.delete(fn);
  }

  jetstream(): JetStreamClient {
    return jetstream(this.nc, { timeout: API_TIMEOUT_MS });
  }

  manager(): Promise<JetStreamManager> {
    // Without `checkAPI`, which asks for the account's figures: hardly any user may.
    return jetstreamManager(this.nc, { timeout: API_TIMEOUT_MS, checkAPI: false });
  }

  inbox(): string {
    return createInbox(this.#inboxPrefix);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.nc.isClosed()) return;
    if (!this.connected) {
      await this.nc.close();
      this.#discardAttempt();
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, DRAIN_TIMEOUT_MS);
    });
    try {
      await Promise.race([this.nc.drain(), tooLong]);
    } catch (error) {
      this.#log.warn({ err: error }, 'bus connection ends before it is drained');
    } finally {
      clearTimeout(timer);
      await this.nc.close();
    }
  }

  /** Closing leaves the socket of a reconnection that is under way open, for good when the server is half open. */
  #discardAttempt(): void {
    if (this.nc instanceof NatsConnectionImpl) this.nc.protocol.transport.discard();
  }

  async #follow(): Promise<void> {
    for await (const status of this.nc.status()) this.#note(status);
  }

  #note(status: Status): void {
    switch (status.type) {
      case 'disconnect':
        this.#changed(false);
        break;
      case 'reconnect':
        this.#reconnected();
        break;
      case 'error':
        this.#failed(status.error);
        break;
      case 'staleConnection':
        this.#lastError = 'the server stopped answering pings';
        break;
      default:
        this.#log.debug({ status: status.type }, 'bus connection reports');
    }
  }

  #changed(connected: boolean): void {
    this.#connected = connected;
    const event: BusEvent = connected ? 'connected' : 'disconnected';
    if (!connected) this.#lastError ??= 'the connection was lost';
    this.#log.info({ server: this.nc.getServer(), reason: this.#lastError }, `bus is ${event}`);
    for (const listener of this.#statusListeners) listener(event, this.status);
  }

  #reconnected(): void {
    this.#lastError = undefined;
    const version = this.nc.info?.version ?? 'unknown';
    if (!isServerNewEnough(version)) this.#log.error({ version }, 'nats-server is too old');
    this.#changed(true);
  }

  #failed(error: Error): void {
    this.#lastError = error.message;
    this.#log.warn({ err: error }, 'bus reports an error');
    if (error instanceof PermissionViolationError && error.operation === 'publish') {
      for (const listener of this.#refusalListeners) listener(error.subject);
    }
  }

  #ended(reason: void | Error): Error | undefined {
    this.#connected = false;
    if (reason === undefined) return undefined;
    this.#lastError = reason.message;
    return reason;
  }
}
