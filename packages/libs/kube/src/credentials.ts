import type { ConnectionOptions } from 'node:tls';

/** Where the API server is and how one proves to be allowed in. Asked anew for each connection and request, so all of it may rotate. */
export interface Credentials {
  readonly host: string;
  readonly port: number;
  /** CA, client certificate, server name. Read for each new connection. */
  tls(): Promise<TlsOptions>;
  /** Authorization and impersonation headers. Read for each request. */
  headers(): Promise<Record<string, string>>;
  /** Called after a 401: forget what was cached. */
  rejected(): void;
}

/** The part of node:tls' options that credentials decide. */
export type TlsOptions = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>;
