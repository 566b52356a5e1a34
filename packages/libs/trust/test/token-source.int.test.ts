import { createPublicKey } from 'node:crypto';
import { exportJWK, generateKeyPair as generateJoseKeys, jwtVerify } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMetrics, Secret, testContext } from '@kestrel/runtime';
import { certificateAuthority, eventually } from '@kestrel/testkit';
import type { Ca } from '@kestrel/testkit';
import { createTokenSource, generateKeyPair } from '../src/index.ts';
import type { TokenSource, TokenSourceOptions } from '../src/index.ts';
import { connectProxy } from './connect-proxy.ts';
import { issuerServer, tokenFor } from './issuer-server.ts';
import type { IssuerServer } from './issuer-server.ts';
import { manualClock } from './manual-clock.ts';
import type { ManualClock } from './manual-clock.ts';

const server = { commonName: 'localhost', dnsNames: ['localhost'] };

let authority: Ca;
let tls: { certPem: string; keyPem: string };
let issuer: IssuerServer;
let clock: ManualClock;
let open: AsyncDisposableStack;

beforeAll(async () => {
  authority = await certificateAuthority();
  tls = await authority.issue(server);
});

beforeEach(async () => {
  open = new AsyncDisposableStack();
  issuer = open.use(await issuerServer(tls));
  clock = manualClock();
});

afterEach(async () => {
  await open.disposeAsync();
});

function source(over: Partial<TokenSourceOptions> = {}): TokenSource {
  const { log } = testContext({});
  return open.use(
    createTokenSource({
      issuer: issuer.issuer,
      clientId: 'client 1',
      auth: { kind: 'secret', secret: 's:cr t' },
      caPem: authority.certPem,
      log,
      clock,
      random: () => 0.5,
      ...over,
    }),
  );
}

describe('a token source', () => {
  it('gets a token by the client credentials grant, with its parameters', async () => {
    const tokens = source({ audience: 'kestrel', scope: 'stream enrol', resource: 'https://cloud.test' });
    expect(tokens.state()).toEqual({ status: 'none' });
    expect(await tokens.token()).toBe('token-1');
    expect(Object.fromEntries(issuer.calls[0]?.form ?? [])).toEqual({
      grant_type: 'client_credentials',
      audience: 'kestrel',
      scope: 'stream enrol',
      resource: 'https://cloud.test',
    });
    expect(tokens.expiresAtMs()).toBe(clock.nowMs() + 3_600_000);
  });

  it('proves itself by client_secret_basic, in the coding that RFC 6749 asks for', async () => {
    await source({ auth: { kind: 'secret', secret: new Secret('s:cr t') } }).token();
    const basic = issuer.calls[0]?.authorization?.replace('Basic ', '') ?? '';
    expect(Buffer.from(basic, 'base64').toString()).toBe('client+1:s%3Acr+t');
  });

  it.each(['pem', 'jwk'])('proves itself by private_key_jwt, the key as %s', async (form) => {
    const key = await generateKeyPair();
    const jose = await generateJoseKeys('EdDSA', { extractable: true });
    const auth =
      form === 'pem'
        ? ({ kind: 'private_key_jwt', pem: key.privateKeyPem, kid: 'k1' } as const)
        : ({ kind: 'private_key_jwt', jwk: { ...(await exportJWK(jose.privateKey)), kid: 'k1' } } as const);
    expect(await source({ auth }).token()).toBe('token-1');
    const form1 = issuer.calls[0]?.form;
    expect(form1?.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    expect(issuer.calls[0]?.authorization).toBeUndefined();
    const { payload, protectedHeader } = await jwtVerify(
      form1?.get('client_assertion') ?? '',
      form === 'pem' ? createPublicKey(key.publicKeyPem) : jose.publicKey,
      { audience: issuer.issuer, issuer: 'client 1', subject: 'client 1' },
    );
    expect(protectedHeader.kid).toBe('k1');
    expect(payload.jti).toBeTypeOf('string');
  });

  it('sends one request for all who wait, and none while the token is good', async () => {
    const tokens = source();
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.token()));
    expect(new Set(all)).toEqual(new Set(['token-1']));
    clock.advance(2_000_000);
    expect(await tokens.token()).toBe('token-1');
    expect(issuer.calls).toHaveLength(1);
    expect(issuer.discoveries).toBe(1);
  });

  it('renews ahead of the expiry without letting anybody wait', async () => {
    const held = Promise.withResolvers<void>();
    issuer.answer = async (_, n) => {
      if (n === 2) await held.promise;
      return tokenFor(n);
    };
    const tokens = source();
    await tokens.token();
    clock.advance(2_700_000);
    expect(await tokens.token()).toBe('token-1');
    await eventually(() => issuer.calls.length === 2);
    expect(await tokens.token()).toBe('token-1');
    held.resolve();
    await eventually(async () => (await tokens.token()) === 'token-2');
    expect(issuer.calls).toHaveLength(2);
  });

  it('renews by itself when nobody asks', async () => {
    issuer.answer = (_, n) => tokenFor(n, n === 1 ? 1 : 3_600);
    const tokens = source({ clock: testContext({}).clock });
    await tokens.token();
    await eventually(() => issuer.calls.length === 2);
    // The answer may still be under way.
    await eventually(async () => (await tokens.token()) === 'token-2');
    expect(issuer.calls).toHaveLength(2);
  });

  it('goes on with the token in hand while the issuer fails, and waits for a new one after its end', async () => {
    const tokens = source();
    await tokens.token();
    issuer.answer = () => ({ status: 503, body: 'away', headers: { 'content-type': 'text/plain' } });
    clock.advance(2_700_000);
    expect(await tokens.token()).toBe('token-1');
    await eventually(() => tokens.state().lastError?.code === 'oauth_token_failed');
    expect(tokens.state().status).toBe('valid');
    clock.advance(900_000);
    await expect(tokens.token()).rejects.toMatchObject({ code: 'oauth_token_failed', retryable: true });
    expect(tokens.state().status).toBe('expired');
    issuer.answer = (_, n) => tokenFor(n);
    expect(await tokens.token()).toMatch(/^token-/);
    expect(tokens.state()).not.toHaveProperty('lastError');
  });

  it('gets another token after the first was refused, but not for an older refusal', async () => {
    const tokens = source();
    expect(await tokens.token()).toBe('token-1');
    tokens.invalidate('token-0');
    expect(await tokens.token()).toBe('token-1');
    tokens.invalidate('token-1');
    expect(tokens.expiresAtMs()).toBeUndefined();
    expect(await tokens.token()).toBe('token-2');
    tokens.invalidate();
    expect(await tokens.token()).toBe('token-3');
  });

  it('assumes five minutes when the issuer names no expiry', async () => {
    issuer.answer = (_, n) => ({ status: 200, body: { access_token: `token-${n}`, token_type: 'Bearer' } });
    const tokens = source();
    await tokens.token();
    expect(tokens.expiresAtMs()).toBe(clock.nowMs() + 300_000);
  });

  it('reads the discovery document anew after a failure', async () => {
    issuer.answer = () => ({ status: 500, body: {} });
    const tokens = source();
    await expect(tokens.token()).rejects.toMatchObject({ code: 'oauth_token_failed' });
    issuer.answer = (_, n) => tokenFor(n);
    await tokens.token();
    expect(issuer.discoveries).toBe(2);
  });

  it('ends the wait of a caller by its signal, not the request of the others', async () => {
    const held = Promise.withResolvers<void>();
    issuer.answer = async (_, n) => {
      await held.promise;
      return tokenFor(n);
    };
    const tokens = source();
    const leaving = new AbortController();
    const left = tokens.token(leaving.signal);
    const stayed = tokens.token();
    leaving.abort(new Error('no longer'));
    await expect(left).rejects.toThrow('no longer');
    held.resolve();
    expect(await stayed).toBe('token-1');
    await expect(tokens.token(AbortSignal.abort(new Error('never')))).rejects.toThrow('never');
  });

  it('ends what waits when it is closed, and gives nothing after', async () => {
    issuer.answer = () => new Promise(() => undefined);
    const tokens = source();
    const waiting = tokens.token();
    await eventually(() => issuer.calls.length === 1);
    const [ended] = await Promise.all([Promise.allSettled([waiting]), tokens[Symbol.asyncDispose]()]);
    expect(ended).toMatchObject([{ status: 'rejected', reason: { code: 'closed', retryable: false } }]);
    await expect(tokens.token()).rejects.toMatchObject({ code: 'closed' });
  });

  it('counts its requests by outcome', async () => {
    const metrics = createMetrics({ service: 'test' });
    const tokens = source({ metrics });
    await tokens.token();
    tokens.invalidate();
    issuer.answer = () => ({ status: 401, body: { error: 'invalid_client' } });
    await expect(tokens.token()).rejects.toMatchObject({ code: 'oauth_client_rejected' });
    const text = await metrics.metrics();
    expect(text).toMatch(/token_requests_total\{outcome="ok",service="test"\} 1/);
    expect(text).toMatch(/token_requests_total\{outcome="oauth_client_rejected",service="test"\} 1/);
    expect(text).toMatch(/token_expiry_timestamp_seconds\{service="test"\} \d{10}/);
  });
});

describe('a token source says in one sentence', () => {
  it('that the issuer must be https, before anything is sent', () => {
    for (const bad of ['http://localhost:1', 'localhost', '']) {
      expect(() => source({ issuer: bad })).toThrow(
        expect.objectContaining({ code: 'oauth_issuer_insecure', retryable: false }),
      );
    }
  });

  it('that the certificate of the issuer is not trusted: another CA, none, another name, or expired', async () => {
    const other = await certificateAuthority('another authority');
    const cases = [
      source({ caPem: other.certPem }),
      source({ issuer: issuer.issuer.replace('localhost', '127.0.0.1') }),
    ];
    for (const tokens of cases) {
      await expect(tokens.token()).rejects.toMatchObject({ code: 'oauth_tls_unverified' });
    }
    const { log } = testContext({});
    await using publicRoots = createTokenSource({
      issuer: issuer.issuer,
      clientId: 'client',
      auth: { kind: 'secret', secret: 'secret' },
      log,
      clock,
    });
    await expect(publicRoots.token()).rejects.toThrow(/the certificate of the OAuth2 issuer .* is not trusted/);
    const hour = 3_600_000;
    const expired = open.use(
      await issuerServer(await authority.issue({ ...server, notAfter: new Date(Date.now() - hour) })),
    );
    await expect(source({ issuer: expired.issuer }).token()).rejects.toThrow(/CERT_HAS_EXPIRED/);
    expect(issuer.calls).toEqual([]);
  });

  it('that nobody listens there', async () => {
    const tokens = source();
    await issuer[Symbol.asyncDispose]();
    await expect(tokens.token()).rejects.toMatchObject({ code: 'oauth_unreachable', retryable: true });
    await expect(tokens.token()).rejects.toThrow(/can't be reached \(ECONNREFUSED\)/);
  });

  it('that its name is unknown', async () => {
    await expect(source({ issuer: 'https://issuer.invalid' }).token()).rejects.toMatchObject({
      code: 'oauth_unreachable',
    });
  });

  it.each([
    ['by a challenge', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: {} }],
    ['by an error document', { status: 401, body: { error: 'invalid_client' } }],
    ['by an error document with status 400', { status: 400, body: { error: 'invalid_client' } }],
  ])('that the client is rejected, told %s', async (_, answer) => {
    issuer.answer = () => answer;
    await expect(source().token()).rejects.toMatchObject({ code: 'oauth_client_rejected', retryable: true });
  });

  it('that the request will never be granted', async () => {
    issuer.answer = () => ({ status: 400, body: { error: 'invalid_target', error_description: 'no such resource' } });
    await expect(source().token()).rejects.toMatchObject({ code: 'oauth_request_refused', retryable: false });
    await expect(source().token()).rejects.toThrow(/answers invalid_target: no such resource/);
  });

  it('that the discovery document is of another issuer, or none', async () => {
    issuer.document = { issuer: 'https://mallory.test', token_endpoint: 'https://mallory.test/token' };
    await expect(source().token()).rejects.toMatchObject({ code: 'oauth_discovery_failed' });
    issuer.document = 'no json';
    await expect(source().token()).rejects.toMatchObject({ code: 'oauth_discovery_failed' });
    expect(issuer.calls).toEqual([]);
  });

  it('never sends the secret to a token endpoint in plain http', async () => {
    issuer.document = { issuer: issuer.issuer, token_endpoint: `http://localhost:${issuer.port}/token` };
    await expect(source().token()).rejects.toMatchObject({ code: 'oauth_token_failed' });
    expect(issuer.calls).toEqual([]);
  });

  it.each([
    ['of another type', { access_token: 'x', token_type: 'mac', expires_in: 60 }],
    ['that is empty', { access_token: '', token_type: 'Bearer' }],
    ['that is not JSON', 'token'],
    ['that is far too large', { access_token: 'x'.repeat(2_000_000), token_type: 'Bearer', expires_in: 60 }],
  ])('that a token %s is no use', async (_, body) => {
    issuer.answer = () => ({ status: 200, body });
    await expect(source().token()).rejects.toMatchObject({ code: 'oauth_token_failed' });
  });

  it('that its own key is none', async () => {
    for (const auth of [
      { kind: 'private_key_jwt', pem: 'no key' },
      { kind: 'private_key_jwt', jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' } },
    ] as const) {
      await expect(source({ auth }).token()).rejects.toMatchObject({ code: 'oauth_key_invalid', retryable: false });
    }
  });
});

describe('a token source behind a proxy', () => {
  it('tunnels to the issuer and verifies it by the private CA all the same', async () => {
    const proxy = open.use(await connectProxy());
    expect(await source({ proxy: { httpsProxy: proxy.url } }).token()).toBe('token-1');
    expect(proxy.tunnels).toContain(`localhost:${issuer.port}`);
    const other = await certificateAuthority('another authority');
    const distrustful = source({ proxy: { httpsProxy: proxy.url }, caPem: other.certPem });
    await expect(distrustful.token()).rejects.toMatchObject({ code: 'oauth_tls_unverified' });
  });

  it('goes directly to a host that the proxy is not for', async () => {
    const proxy = open.use(await connectProxy());
    expect(await source({ proxy: { httpsProxy: proxy.url, noProxy: 'example.test,localhost' } }).token()).toBe(
      'token-1',
    );
    expect(proxy.tunnels).toEqual([]);
  });

  it('says that the issuer is unreachable when the proxy refuses or is away', async () => {
    const proxy = open.use(await connectProxy());
    proxy.refuse();
    await expect(source({ proxy: { httpsProxy: proxy.url } }).token()).rejects.toThrow(/can't be reached .*403/);
    await proxy[Symbol.asyncDispose]();
    const tokens = source({ proxy: { httpsProxy: proxy.url } });
    await expect(tokens.token()).rejects.toMatchObject({ code: 'oauth_unreachable' });
  });
});
