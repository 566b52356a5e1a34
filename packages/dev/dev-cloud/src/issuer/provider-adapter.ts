import type { Adapter, AdapterFactory, AdapterPayload, ClientMetadata } from 'oidc-provider';
import type { Clock } from '@kestrel/runtime';
import type { ClientRegistry, CloudClient } from './client-registry.ts';

/** Assertions of `private_key_jwt` that were used and are not over: each may be used once. */
const usedAssertionsMax = 10_000;

/**
 * What oidc-provider stores: clients come from the registry, and the only thing that a client credentials issuer of JWTs has to
 * remember are the ids of used client assertions.
 */
export function providerAdapter(clients: ClientRegistry, clock: Clock): AdapterFactory {
  const used = new UsedAssertions(clock);
  return (model) => {
    if (model === 'Client') return readOnly(async (id) => clientMetadata(clients, id));
    if (model === 'ReplayDetection') {
      return { ...readOnly(async (id) => used.find(id)), upsert: async (id, payload, s) => used.add(id, payload, s) };
    }
    return readOnly(async () => undefined);
  };
}

async function refuse(): Promise<never> {
  throw new Error('this issuer stores no such thing');
}

function readOnly(find: Adapter['find']): Adapter {
  return {
    find,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    upsert: refuse,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  };
}

function clientMetadata(clients: ClientRegistry, clientId: string): ClientMetadata | undefined {
  const client = clients.get(clientId);
  if (client === undefined || clients.isRevoked(clientId)) return undefined;
  return {
    client_id: clientId,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    ...authMetadata(client),
  };
}

function authMetadata({ auth }: CloudClient): Partial<ClientMetadata> {
  if (auth.kind === 'secret') return { client_secret: auth.secret, token_endpoint_auth_method: 'client_secret_basic' };
  return { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...auth.publicJwk }] } };
}

class UsedAssertions {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { payload: AdapterPayload; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(id: string): AdapterPayload | undefined {
    const entry = this.#entries.get(id);
    return entry !== undefined && entry.untilMs > this.#clock.nowMs() ? entry.payload : undefined;
  }

  add(id: string, payload: AdapterPayload, expiresInS = 0): void {
    const nowMs = this.#clock.nowMs();
    for (const [other, { untilMs }] of this.#entries) if (untilMs <= nowMs) this.#entries.delete(other);
    if (this.#entries.size >= usedAssertionsMax) throw new Error('too many client assertions at once');
    this.#entries.set(id, { payload, untilMs: nowMs + expiresInS * 1_000 });
  }
}
