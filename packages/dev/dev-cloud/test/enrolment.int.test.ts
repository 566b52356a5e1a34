import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, testContext } from '@kestrel/runtime';
import { eventually, tempDir } from '@kestrel/testkit';
import { CertificateKeeper, createTokenSource, fileCertificateStore } from '@kestrel/trust';
import { CertificateAuthority } from '../src/enrolment/certificate-authority.ts';
import { clusterSpiffeId } from '../src/enrolment/cluster-name.ts';
import { EnrolmentAuthority } from '../src/enrolment/enrolment-authority.ts';
import { ClientRegistry } from '../src/issuer/client-registry.ts';
import { startOidcIssuer } from '../src/issuer/oidc-issuer.ts';

const clock = systemClock;
const { log } = testContext({});
const clusterId = 'cluster-1';

let open: AsyncDisposableStack;
let directory: string;
let servers: CertificateAuthority;
let authority: EnrolmentAuthority;
let stop: AbortController;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  stop = new AbortController();
  directory = open.use(await tempDir()).path;
  servers = await CertificateAuthority.open({ directory: `${directory}/servers`, name: 'servers', clock });
  authority = await EnrolmentAuthority.open({ directory: `${directory}/clients`, clock, log });
});

afterEach(async () => {
  stop.abort();
  await open.disposeAsync();
});

/** A TLS server as the endpoint will be: it takes only certificates of the enrolment authority. */
async function endpoint(): Promise<{ port: number; whoCalls: () => Promise<string> }> {
  const { certificatePem, privateKeyPem } = await servers.issueServer({
    dnsNames: ['localhost'],
    lifetimeMs: 3_600_000,
  });
  const server = createServer({
    cert: certificatePem,
    key: privateKeyPem,
    ca: authority.caPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const callers: string[] = [];
  server.on('secureConnection', (socket: TLSSocket) => {
    callers.push(String(socket.getPeerCertificate().subject.CN));
    socket.end('welcome');
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.defer(async () => {
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, whoCalls: async () => await eventually(() => callers.at(-1)) };
}

/** What the server says to a client with this certificate; rejects when either side refuses the other. */
async function call(port: number, tls: { ca?: Buffer; cert?: Buffer; key?: Buffer }): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ...tls });
  let heard = '';
  for await (const chunk of socket) heard += String(chunk);
  // Node's server ends a connection whose client it does not trust without an alert.
  if (heard === '') throw new Error('closed without a word');
  return heard;
}

/** Enrols with a token of a real issuer, as the uplink does, but without gRPC. */
async function keeper(): Promise<CertificateKeeper> {
  const clients = new ClientRegistry([{ clientId: 'client', clusterId, auth: { kind: 'secret', secret: 'secret' } }]);
  const tls = await servers.issueServer({ dnsNames: ['localhost'], lifetimeMs: 3_600_000 });
  const issuer = open.use(
    await startOidcIssuer({ directory, clients, audience: 'https://cloud.test/', tls, clock, log }),
  );
  const tokens = open.use(
    createTokenSource({
      issuer: issuer.issuer,
      clientId: 'client',
      auth: { kind: 'secret', secret: 'secret' },
      caPem: servers.certificatePem,
      clock,
      log,
    }),
  );
  const one = new CertificateKeeper({
    store: fileCertificateStore(`${directory}/identity`),
    enrol: async (csrPem, signal) => {
      const caller = await issuer.verifier.verify(`Bearer ${await tokens.token(signal)}`);
      const { certificatePem } = await authority.enrol({ csrPem, clusterId: caller.clusterId });
      return { certificatePem, caPem: servers.certificatePem };
    },
    commonName: clusterId,
    sanUri: clusterSpiffeId(clusterId),
    clock,
    log,
    checkIntervalMs: 50,
  });
  const running = one.run(stop.signal);
  open.defer(async () => {
    stop.abort();
    await running;
  });
  await one.available(stop.signal);
  return one;
}

describe('a cluster that enrols', () => {
  it('is known by its certificate at the endpoint', async () => {
    const one = await keeper();
    const { port, whoCalls } = await endpoint();
    expect(await call(port, one.current())).toBe('welcome');
    expect(await whoCalls()).toBe(clusterId);
  });

  it('gets another certificate after its own was revoked', async () => {
    const one = await keeper();
    const first = one.state().serial ?? '';
    authority.revokeAll();
    expect(authority.isRevoked(first)).toBe(true);
    one.reject('revoked');
    await eventually(() => one.state().serial !== first);
    expect(authority.isRevoked(one.state().serial ?? '')).toBe(false);
    const { port } = await endpoint();
    expect(await call(port, one.current())).toBe('welcome');
  });

  it('renews a short certificate again and again, each in time', async () => {
    authority.lifetimeMs = 4_000;
    const one = await keeper();
    const seen = new Set([one.state().serial]);
    one.onChange(() => {
      seen.add(one.state().serial);
      expect(one.state().status).toBe('valid');
    });
    await eventually(() => seen.size >= 3);
    expect(one.state().status).toBe('valid');
  });
});

describe('the endpoint', () => {
  it('refuses a certificate of another authority, of a server, and none', async () => {
    const one = await keeper();
    const { port } = await endpoint();
    const { ca } = one.current();
    if (ca === undefined) throw new Error('no roots');
    await expect(call(port, { ca })).rejects.toThrow(/certificate required/);
    const stranger = await servers.issueServer({ dnsNames: ['localhost'], lifetimeMs: 60_000 });
    const foreign = { ca, cert: Buffer.from(stranger.certificatePem), key: Buffer.from(stranger.privateKeyPem) };
    await expect(call(port, foreign)).rejects.toThrow(/without a word|ECONNRESET/);
    expect(await call(port, one.current())).toBe('welcome');
  });
});
