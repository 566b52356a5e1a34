import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock, testContext } from '@kestrel/runtime';
import { tempDir } from '@kestrel/testkit';
import { createTokenSource } from '@kestrel/trust';
import type { TokenSource, TokenSourceOptions } from '@kestrel/trust';
import { CertificateAuthority } from '../src/enrolment/certificate-authority.ts';
import { ClientRegistry } from '../src/issuer/client-registry.ts';
import { startOidcIssuer } from '../src/issuer/oidc-issuer.ts';
import type { OidcIssuer, OidcIssuerOptions } from '../src/issuer/oidc-issuer.ts';

const audience = 'https://cloud.kestrel.test/stream';
const { log } = testContext({});

let open: AsyncDisposableStack;
let directory: string;
let authority: CertificateAuthority;
let clients: ClientRegistry;
let issuer: OidcIssuer;
let said: unknown[][];

beforeEach(async () => {
  said = [];
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => void said.push(words));
  }
  open = new AsyncDisposableStack();
  directory = open.use(await tempDir()).path;
  authority = await CertificateAuthority.open({ directory, name: 'servers', clock: systemClock });
  clients = new ClientRegistry([
    { clientId: 'client-1', clusterId: 'cluster-1', auth: { kind: 'secret', secret: 'secret 1' } },
    { clientId: 'client-2', clusterId: 'cluster-2', auth: { kind: 'secret', secret: 'secret 2' } },
  ]);
  issuer = open.use(await start());
});

afterEach(async () => {
  await open.disposeAsync();
  vi.restoreAllMocks();
});

async function start(over: Partial<OidcIssuerOptions> = {}): Promise<OidcIssuer> {
  const tls = await authority.issueServer({ dnsNames: ['localhost'], lifetimeMs: 3_600_000 });
  return await startOidcIssuer({ directory, clients, audience, tls, clock: systemClock, log, ...over });
}

/** Stops the issuer and starts it again on the same port and directory; returns the time. */
async function restart(over: Partial<OidcIssuerOptions> = {}): Promise<number> {
  const { port } = issuer;
  await issuer[Symbol.asyncDispose]();
  issuer = open.use(await start({ port, ...over }));
  return Date.now();
}

function source(over: Partial<TokenSourceOptions> = {}): TokenSource {
  return open.use(
    createTokenSource({
      issuer: issuer.issuer,
      clientId: 'client-1',
      auth: { kind: 'secret', secret: 'secret 1' },
      caPem: authority.certificatePem,
      log,
      clock: systemClock,
      ...over,
    }),
  );
}

async function verified(token: string): Promise<string> {
  return (await issuer.verifier.verify(`Bearer ${token}`)).clusterId;
}

describe('the issuer', () => {
  it('gives a token by secret that the endpoint takes as the cluster of the client', async () => {
    const token = await source().token();
    const client = await issuer.verifier.verify(`Bearer ${token}`);
    expect(client).toMatchObject({ clientId: 'client-1', clusterId: 'cluster-1' });
    expect(client.expiresAtMs).toBeGreaterThan(Date.now());
    const other = source({ clientId: 'client-2', auth: { kind: 'secret', secret: 'secret 2' } });
    expect(await verified(await other.token())).toBe('cluster-2');
  });

  it('gives the same token for a named resource, audience and no scope', async () => {
    expect(await verified(await source({ resource: audience, audience }).token())).toBe('cluster-1');
  });

  it.each(['ES256', 'EdDSA'])('gives a token by private_key_jwt with %s', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    clients.add({
      clientId: 'client-3',
      clusterId: 'cluster-3',
      auth: { kind: 'private_key_jwt', publicJwk: await exportJWK(publicKey) },
    });
    const auth = { kind: 'private_key_jwt', jwk: await exportJWK(privateKey) } as const;
    expect(await verified(await source({ clientId: 'client-3', auth }).token())).toBe('cluster-3');
    const stranger = await generateKeyPair(alg, { extractable: true });
    const forged = { kind: 'private_key_jwt', jwk: await exportJWK(stranger.privateKey) } as const;
    await expect(source({ clientId: 'client-3', auth: forged }).token()).rejects.toMatchObject({
      code: 'oauth_client_rejected',
    });
  });

  it.each([
    ['a wrong secret', { auth: { kind: 'secret', secret: 'wrong' } } as const],
    ['an unknown client', { clientId: 'nobody' }],
    ["another client's secret", { clientId: 'client-2' }],
  ])('rejects %s', async (_, over) => {
    await expect(source(over).token()).rejects.toMatchObject({ code: 'oauth_client_rejected' });
  });

  it('gives tokens a new life when told, from then on', async () => {
    issuer.tokenTtlMs = 2_000;
    const tokens = source();
    await tokens.token();
    expect(tokens.expiresAtMs() ?? Infinity).toBeLessThan(Date.now() + 3_000);
    issuer.tokenTtlMs = 60_000;
    tokens.invalidate();
    await tokens.token();
    expect(tokens.expiresAtMs() ?? 0).toBeGreaterThan(Date.now() + 30_000);
  });

  it('says nothing on the console', async () => {
    await source().token();
    await expect(source({ clientId: 'nobody' }).token()).rejects.toThrow(/rejects this client/);
    expect(said).toEqual([]);
  });

  it('keeps tokens good over a restart on the same port', async () => {
    const token = await source().token();
    await restart();
    expect(await verified(token)).toBe('cluster-1');
  });
});

describe('a fault switch', () => {
  it('expires all tokens so far; the next one is good, also after a restart', async () => {
    const tokens = source();
    const token = await tokens.token();
    expect(await verified(token)).toBe('cluster-1');
    issuer.expireTokens();
    await expect(verified(token)).rejects.toMatchObject({ code: 'token_expired', retryable: false });
    tokens.invalidate(token);
    const next = await tokens.token();
    expect(await verified(next)).toBe('cluster-1');
    await restart();
    expect(await verified(next)).toBe('cluster-1');
    await expect(verified(token)).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('revokes one client and restores it', async () => {
    const tokens = source();
    const token = await tokens.token();
    issuer.revokeClient('client-1');
    await expect(verified(token)).rejects.toMatchObject({ code: 'client_revoked' });
    tokens.invalidate();
    await expect(tokens.token()).rejects.toMatchObject({ code: 'oauth_client_rejected' });
    const other = source({ clientId: 'client-2', auth: { kind: 'secret', secret: 'secret 2' } });
    expect(await verified(await other.token())).toBe('cluster-2');
    issuer.restoreClient('client-1');
    expect(await verified(await tokens.token())).toBe('cluster-1');
  });
});

describe('the verifier refuses', () => {
  it.each([
    ['no token', undefined, 'token_missing'],
    ['an empty token', '', 'token_missing'],
    ['another scheme', 'Basic eDp5', 'token_malformed'],
    ['what is no token', 'Bearer hello', 'token_malformed'],
    ['a token of any length', `Bearer ${'x'.repeat(10_000)}`, 'token_malformed'],
  ])('%s', async (_, authorization, code) => {
    await expect(issuer.verifier.verify(authorization)).rejects.toMatchObject({ code, retryable: false });
  });

  it('a token whose signature was changed', async () => {
    const token = await source().token();
    const [header, payload, signature = ''] = token.split('.');
    const changed = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    await expect(verified(changed)).rejects.toMatchObject({ code: 'token_signature_invalid' });
  });

  it('a token that is over', async () => {
    const token = await source().token();
    const before = await restart();
    expect(await verified(token)).toBe('cluster-1');
    await restart({ clock: { nowMs: () => before + 3_601_000, monotonicMs: () => 0 } });
    await expect(verified(token)).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('a token of another issuer, although it has the same key', async () => {
    const other = open.use(await start());
    const foreign = await source({ issuer: other.issuer }).token();
    expect((await other.verifier.verify(`Bearer ${foreign}`)).clusterId).toBe('cluster-1');
    await expect(verified(foreign)).rejects.toMatchObject({ code: 'token_wrong_issuer' });
  });

  it('a token by another key, and one without signature', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const forged = await new SignJWT({ client_id: 'client-1', kestrel_token_generation: 1 })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'dev-cloud-1' })
      .setIssuer(issuer.issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setJti('1')
      .setExpirationTime('1h')
      .sign(privateKey);
    await expect(verified(forged)).rejects.toMatchObject({ code: 'token_signature_invalid' });
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    await expect(verified(`${none}.${forged.split('.')[1]}.`)).rejects.toMatchObject({ code: 'token_malformed' });
  });
});
