import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';

import { expect, test } from 'vitest';

import { certificateAuthority } from './certificate-authority.ts';

test('given two certificates of one authority, when they meet over mutual TLS, then each accepts the other', async () => {
  const ca = await certificateAuthority();
  const server = await ca.issue({ commonName: 'server', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
  const client = await ca.issue({ commonName: 'client', organizations: ['team'], serverAuth: false });
  expect(await handshake({ ca: ca.certPem, server, client })).toEqual({ CN: 'client', O: 'team' });
});

test('given a client of another authority, when it dials, then the server refuses it', async () => {
  const ca = await certificateAuthority();
  const server = await ca.issue({ commonName: 'server', dnsNames: ['localhost'] });
  const client = await (await certificateAuthority()).issue({ commonName: 'client' });
  await expect(handshake({ ca: ca.certPem, server, client })).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('given a date in the past, when a certificate is issued, then it is expired and says so', async () => {
  const ca = await certificateAuthority();
  const { certPem, fingerprint } = await ca.issue({ commonName: 'old', notAfter: new Date('2020-01-02T03:04:05Z') });
  const certificate = new X509Certificate(certPem);
  expect(certificate.validToDate).toEqual(new Date('2020-01-02T03:04:05Z'));
  expect(certificate.validFromDate.getTime()).toBeLessThan(certificate.validToDate.getTime());
  expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(fingerprint);
});

test('given names of every sort, when a certificate is issued, then it carries them and the issuer signed it', async () => {
  const ca = await certificateAuthority('the root');
  const { certPem } = await ca.issue({
    commonName: 'all',
    dnsNames: ['a.example'],
    ipAddresses: ['10.0.0.1'],
    uris: ['spiffe://cluster/uplink'],
  });
  const certificate = new X509Certificate(certPem);
  expect(certificate.subjectAltName).toBe('DNS:a.example, IP Address:10.0.0.1, URI:spiffe://cluster/uplink');
  expect(certificate.issuer).toBe('CN=the root');
  expect(certificate.verify(new X509Certificate(ca.certPem).publicKey)).toBe(true);
});

type Pair = { certPem: string; keyPem: string };

/** The client's subject, as the server saw it. */
async function handshake(o: { ca: string; server: Pair; client: Pair }): Promise<{ CN?: unknown; O?: unknown }> {
  const server = createServer({ ca: o.ca, cert: o.server.certPem, key: o.server.keyPem, requestCert: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  const socket = connect({
    host: 'localhost',
    port: address.port,
    ca: o.ca,
    cert: o.client.certPem,
    key: o.client.keyPem,
  });
  socket.on('error', () => undefined); // the server's refusal, told by its own event
  try {
    const refused = once(server, 'tlsClientError').then(([error]) => Promise.reject(error));
    const [accepted] = await Promise.race([once(server, 'secureConnection'), refused]);
    return { ...accepted.getPeerCertificate().subject };
  } finally {
    socket.destroy();
    server.close();
  }
}
