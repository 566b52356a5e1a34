import type { Ca, CertificateRequest } from '@kestrel/testkit';
import { certificateAuthority } from '@kestrel/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TlsMaterial } from '../src/index.ts';
import { toOperationalError } from '../src/index.ts';
import { echo, echoService } from './echo-service.ts';
import { dial, materialOf, startEcho } from './fixture.ts';

const hourMs = 3_600_000;
const past = new Date(Date.now() - hourMs);
const future = new Date(Date.now() + hourMs);

let ca: Ca;
let stranger: Ca;
beforeAll(async () => {
  [ca, stranger] = await Promise.all([certificateAuthority('trusted'), certificateAuthority('stranger')]);
});

async function failureOf(server: TlsMaterial, client: TlsMaterial, requireClientCert = true) {
  await using running = await startEcho(server, { requireClientCert });
  using channel = dial(running.port, client);
  return await echo(channel).then(
    () => undefined,
    (error: unknown) => toOperationalError(error),
  );
}

describe('mutual TLS', () => {
  it('lets a call pass, and the server sees the verified certificate', async () => {
    const service = echoService();
    await using server = await startEcho(await materialOf(ca), { services: [service] });
    const request = { commonName: 'cluster-1', dnsNames: ['a.example', 'b.example'], uris: ['kestrel://cluster/1'] };
    using channel = dial(server.port, await materialOf(ca, request));
    expect((await echo(channel)).toString()).toBe('hello');
    expect(service.seen.peer).toMatchObject(request);
    expect(service.seen.peer?.serialNumber).toMatch(/^[0-9a-f]{32}$/);
    expect(service.seen.peer?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, string, Partial<CertificateRequest>]>([
    ['has expired', 'tls_certificate_expired', { notAfter: past }],
    [
      'is not yet valid',
      'tls_certificate_not_yet_valid',
      { notBefore: future, notAfter: new Date(Date.now() + 2 * hourMs) },
    ],
    ['is for another host', 'tls_hostname_mismatch', { dnsNames: ['elsewhere.example'] }],
    ['is not meant for servers', 'tls_certificate_purpose', { serverAuth: false }],
  ])('a server certificate that %s is %s', async (_, code, request) => {
    expect(await failureOf(await materialOf(ca, request), await materialOf(ca))).toMatchObject({ code });
  });

  it('a server of an authority that the client does not trust is tls_unknown_ca, with or without an own authority', async () => {
    const server = await materialOf(ca);
    const { cert, key } = await materialOf(stranger);
    expect(await failureOf(server, await materialOf(stranger))).toMatchObject({ code: 'tls_unknown_ca' });
    expect(await failureOf(server, { cert, key })).toMatchObject({ code: 'tls_unknown_ca' });
  });

  it.each<[string, Partial<CertificateRequest>]>([
    ['has expired', { notAfter: past }],
    ['is not meant for clients', { clientAuth: false }],
  ])('a client certificate that %s is tls_client_certificate_rejected', async (_, request) => {
    const failure = await failureOf(await materialOf(ca), await materialOf(ca, request));
    expect(failure).toMatchObject({ code: 'tls_client_certificate_rejected' });
  });

  it('a client certificate of another authority, or none, is tls_client_certificate_rejected', async () => {
    const server = await materialOf(ca);
    const foreign = { ...(await materialOf(stranger)), ca: Buffer.from(ca.certPem) };
    expect(await failureOf(server, foreign)).toMatchObject({ code: 'tls_client_certificate_rejected' });
    const failure = await failureOf(server, { ca: Buffer.from(ca.certPem) });
    expect(failure).toMatchObject({ code: 'tls_client_certificate_rejected', retryable: false });
    expect(failure?.message).toContain('none was shown');
  });
});

describe('a server that does not require certificates', () => {
  it('takes calls without one, and shows none that it cannot verify', async () => {
    const service = echoService();
    await using server = await startEcho(await materialOf(ca), { services: [service], requireClientCert: false });
    const trusted = Buffer.from(ca.certPem);
    for (const tls of [{ ca: trusted }, { ...(await materialOf(stranger)), ca: trusted }]) {
      using channel = dial(server.port, tls);
      await echo(channel);
      expect(service.seen.peer).toBeUndefined();
    }
    using channel = dial(server.port, await materialOf(ca, { commonName: 'known' }));
    await echo(channel);
    expect(service.seen.peer?.commonName).toBe('known');
  });
});

describe('serverName', () => {
  it('is checked instead of the dialled host', async () => {
    const named = await materialOf(ca, { dnsNames: ['cloud.example'] });
    await using server = await startEcho(named, { requireClientCert: false });
    using right = dial(server.port, await materialOf(ca), { serverName: 'cloud.example' });
    await echo(right);
    using wrong = dial(server.port, await materialOf(ca), { serverName: 'other.example' });
    const failure = await echo(wrong).catch((error: unknown) => toOperationalError(error));
    expect(failure).toMatchObject({ code: 'tls_hostname_mismatch' });
  });
});
