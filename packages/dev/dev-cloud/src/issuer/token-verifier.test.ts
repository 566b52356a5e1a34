import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientRegistry } from './client-registry.ts';
import { IssuerState } from './issuer-state.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { TokenVerifier } from './token-verifier.ts';

const issuer = 'https://issuer.test';
const audience = 'https://cloud.test/';
const nowMs = Date.parse('2026-11-24T12:00:00Z');
const nowS = nowMs / 1_000;

let directory: string;
let state: IssuerState;
let verifier: TokenVerifier;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kestrel-issuer-'));
  state = await IssuerState.open(directory);
  verifier = createTokenVerifier({
    issuer,
    audience,
    state,
    clients: new ClientRegistry([{ clientId: 'c', clusterId: 'cluster', auth: { kind: 'secret', secret: 's' } }]),
    clock: { nowMs: () => nowMs, monotonicMs: () => 0 },
  });
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function verify(claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
  const good = {
    iss: issuer,
    aud: audience,
    iat: nowS,
    exp: nowS + 60,
    jti: 'id',
    client_id: 'c',
    kestrel_token_generation: state.tokenGeneration,
  };
  const token = await new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: state.signingKey.kid, ...header })
    .sign(await importJWK(state.signingKey, 'ES256'));
  return (await verifier.verify(`Bearer ${token}`)).clusterId;
}

describe('a token that is signed by the issuer', () => {
  it('is taken when every claim is right', async () => {
    expect(await verify({})).toBe('cluster');
    expect(await verify({ aud: ['https://other.test/', audience] })).toBe('cluster');
  });

  it.each([
    ['is over', { exp: nowS }, 'token_expired'],
    ['has no end', { exp: undefined }, 'token_malformed'],
    ['is of another issuer', { iss: 'https://other.test' }, 'token_wrong_issuer'],
    ['is for another audience', { aud: 'https://other.test/' }, 'token_wrong_audience'],
    ['names no client', { client_id: undefined }, 'token_malformed'],
    ['names an unknown client', { client_id: 'd' }, 'client_unknown'],
    ['has no id', { jti: undefined }, 'token_malformed'],
    ['is of an earlier generation', { kestrel_token_generation: 0 }, 'token_expired'],
    ['is of no generation', { kestrel_token_generation: undefined }, 'token_malformed'],
    ['is of no time', { nbf: nowS + 60 }, 'token_malformed'],
  ])('is refused when it %s', async (_, claims, code) => {
    await expect(verify(claims)).rejects.toMatchObject({ code, retryable: false });
  });

  it('is refused when it is another kind of token', async () => {
    await expect(verify({}, { typ: 'JWT' })).rejects.toMatchObject({ code: 'token_malformed' });
    await expect(verify({}, { typ: undefined })).rejects.toMatchObject({ code: 'token_malformed' });
  });
});

describe('the state of an issuer', () => {
  it('is the same when it is opened again', async () => {
    state.nextGeneration();
    const again = await IssuerState.open(directory);
    expect(again.signingKey).toEqual(state.signingKey);
    expect(again.tokenGeneration).toBe(state.tokenGeneration);
    expect(again.publicKey).not.toHaveProperty('d');
  });
});
