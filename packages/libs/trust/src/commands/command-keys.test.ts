import { exportJWK, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { importCommandKeys } from './command-keys.ts';

let key: Record<string, unknown>;

beforeAll(async () => {
  const { publicKey } = await generateKeyPair('EdDSA');
  key = { ...(await exportJWK(publicKey)), kid: 'one' };
});

describe('pinned command keys', () => {
  it('are found by their ids', async () => {
    const keys = await importCommandKeys({ keys: [key, { ...key, kid: 'two', alg: 'EdDSA', use: 'sig' }] });
    expect([...keys.keys()]).toEqual(['one', 'two']);
  });

  it('are refused as a whole when one is not a public Ed25519 key with an id of its own', async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    const ec = await generateKeyPair('ES256');
    const cases: unknown[] = [
      undefined,
      { keys: [] },
      { keys: [key, key] },
      { keys: [{ ...key, kid: undefined }] },
      { keys: [{ ...key, kid: '' }] },
      { keys: [{ ...key, x: 'AAAA' }] },
      { keys: [{ ...key, use: 'enc' }] },
      { keys: [key, { ...(await exportJWK(privateKey)), kid: 'private' }] },
      { keys: [key, { ...(await exportJWK(ec.publicKey)), kid: 'ec' }] },
      { keys: Array.from({ length: 17 }, (_, index) => ({ ...key, kid: `key-${index}` })) },
    ];
    for (const jwks of cases) {
      await expect(importCommandKeys(jwks)).rejects.toMatchObject({ code: 'command_keys_invalid', retryable: false });
    }
  });

  it('say in the error what is wrong with which key', async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    const jwks = { keys: [key, { ...(await exportJWK(privateKey)), kid: 'two' }] };
    await expect(importCommandKeys(jwks)).rejects.toThrow(/a private key must never be here[\s\S]*keys\[1\]\.d/);
  });
});
