import type { JWK } from 'jose';

/** An OAuth2 client of the cloud: one cluster. */
export interface CloudClient {
  readonly clientId: string;
  readonly clusterId: string;
  /** `client_secret_basic`, or `private_key_jwt` with the public half of the client's key. */
  readonly auth:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'private_key_jwt'; readonly publicJwk: JWK };
}

/** Which clients there are and which are revoked; changes hold from the next request on. In memory. */
export class ClientRegistry {
  readonly #clients = new Map<string, CloudClient>();
  readonly #revoked = new Set<string>();

  constructor(clients: Iterable<CloudClient> = []) {
    for (const client of clients) this.add(client);
  }

  /** Adds a client or replaces it (a rotated secret). */
  add(client: CloudClient): void {
    this.#clients.set(client.clientId, client);
  }

  get(clientId: string): CloudClient | undefined {
    return this.#clients.get(clientId);
  }

  list(): CloudClient[] {
    return [...this.#clients.values()];
  }

  /** The client gets no tokens any more, and those that it has are refused. */
  revoke(clientId: string): void {
    this.#revoked.add(clientId);
  }

  restore(clientId: string): void {
    this.#revoked.delete(clientId);
  }

  isRevoked(clientId: string): boolean {
    return this.#revoked.has(clientId);
  }
}
