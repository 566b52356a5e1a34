import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '@kestrel/runtime';
import type { Account } from '../topology/accounts.ts';
import type { UserName } from '../topology/user-names.ts';

/** How to reach the bus, and as whom. */
export interface BusOptions {
  /** `nats://` or `tls://` addresses, or `host:port`. */
  readonly servers: readonly string[];
  readonly user: UserName;
  /** The user's nkey seed (`SU…`). */
  readonly seed: string;
  readonly service: string;
  readonly instance: string;
  readonly log: Logger;
  /** Given: the connection is TLS or it fails. Files are PEM, read again for each connection. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  /** How long one attempt to connect may take. @defaultValue 5000 */
  readonly connectTimeoutMs?: number;
}

/** What is known of the connection right now; `lastError` is the readiness reason to show. */
export interface BusStatus {
  readonly connected: boolean;
  /** Server's address and id while connected. */
  readonly server?: string;
  readonly serverId?: string;
  /** The last thing that went wrong, kept until the next successful connection. */
  readonly lastError?: string;
}

/** A change of the connection. */
export type BusEvent = 'connected' | 'disconnected';

/** One user's connection to the bus. It reconnects for ever; disposing it drains and closes. */
export interface Bus extends AsyncDisposable {
  readonly nc: NatsConnection;
  readonly account: Account;
  readonly user: UserName;
  readonly connected: boolean;
  readonly status: BusStatus;
  /** Calls `fn` after each change; returns the way to stop that. Not called for the present state. */
  onStatus(fn: (event: BusEvent, status: BusStatus) => void): () => void;
  /** Calls `fn` with each subject the server refused to let this user publish to; returns the way to stop that. */
  onPublishRefused(fn: (subject: string) => void): () => void;
  jetstream(): JetStreamClient;
  manager(): Promise<JetStreamManager>;
  /** A fresh inbox below the user's own prefix. */
  inbox(): string;
  /** Resolves when the connection ends for good: without a value after disposal, with the reason otherwise. */
  readonly closed: Promise<Error | undefined>;
}
