import { exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import { importCommandKeys } from '../src/index.ts';
import type { CommandKeys } from '../src/index.ts';

export const clusterId = 'cluster-1';
export const now = Date.parse('2026-11-24T12:00:00Z');

export interface Signer {
  readonly key: CryptoKey;
  readonly kid: string;
}

/** A signer and the keys that a cluster would have pinned for it. */
export async function pinnedSigner(kid = 'command-key-1'): Promise<{ signer: Signer; keys: CommandKeys }> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA');
  return {
    signer: { key: privateKey, kid },
    keys: await importCommandKeys({ keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }] }),
  };
}

/** The JSON of a command that is good at `now`, with `over` laid over it. */
export function commandJson(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'cmd-00000001',
    clusterId,
    issuedAt: new Date(now - 1_000).toISOString(),
    expiresAt: new Date(now + 59_000).toISOString(),
    requester: 'alice@example.test',
    class: 'COMMAND_CLASS_READ',
    nonce: 'bm9uY2U',
    kubernetesRequest: { path: '/api/v1/namespaces', timeoutMs: 5000 },
    ...over,
  };
}

export function bytes(json: unknown): Uint8Array {
  return new TextEncoder().encode(typeof json === 'string' ? json : JSON.stringify(json));
}
