import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '@kestrel/runtime';
import { createCsr, describeCertificate, generateKeyPair } from '@kestrel/trust';
import { clusterSpiffeId } from './cluster-name.ts';
import { EnrolmentAuthority } from './enrolment-authority.ts';
import type { EnrolmentAuthorityOptions } from './enrolment-authority.ts';
import { Pkcs10CertificateRequest, X509Certificate } from './x509.ts';

const { log } = testContext({});
const nowMs = Date.parse('2026-11-24T12:00:00Z');
let directory: string;
let authority: EnrolmentAuthority;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kestrel-enrolment-'));
  authority = await openAuthority();
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function openAuthority(over: Partial<EnrolmentAuthorityOptions> = {}): Promise<EnrolmentAuthority> {
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
  return await EnrolmentAuthority.open({ directory, clock, log, ...over });
}

async function csr(commonName = 'cluster-1', sanUri?: string): Promise<string> {
  const key = await generateKeyPair();
  return await createCsr({ key, commonName, ...(sanUri === undefined ? {} : { sanUri }) });
}

const peer = (serialNumber: string, clusterId = 'cluster-1') => ({
  serialNumber,
  commonName: clusterId,
  uris: [clusterSpiffeId(clusterId)],
});

describe('an enrolment', () => {
  it('gives a certificate of the request key in the name of the cluster', async () => {
    const key = await generateKeyPair();
    const csrPem = await createCsr({ key, commonName: 'cluster-1', sanUri: clusterSpiffeId('cluster-1') });
    const { certificatePem, serial, notAfterMs } = await authority.enrol({ csrPem, clusterId: 'cluster-1' });
    const description = describeCertificate(certificatePem);
    expect(description).toMatchObject({ commonName: 'cluster-1', serial, notAfterMs });
    expect(description.sans).toEqual([{ type: 'url', value: 'spiffe://kestrel-cloud/cluster/cluster-1' }]);
    expect(description.publicKeyMatches(key.privateKeyPem)).toBe(true);
    expect(notAfterMs).toBe(nowMs + 86_400_000);
    const root = new X509Certificate(authority.caPem);
    expect(await new X509Certificate(certificatePem).verify({ publicKey: root, date: new Date(nowMs) })).toBe(true);
  });

  it('gives the life that is set, from then on, and dates back less than half of it', async () => {
    authority.lifetimeMs = 10_000;
    const { certificatePem } = await authority.enrol({ csrPem: await csr(), clusterId: 'cluster-1' });
    const { notBeforeMs, notAfterMs } = describeCertificate(certificatePem);
    expect({ notBeforeMs, notAfterMs }).toEqual({ notBeforeMs: nowMs - 1_000, notAfterMs: nowMs + 10_000 });
  });

  it('names the cluster also when the request names nothing but the cluster', async () => {
    const { certificatePem } = await authority.enrol({ csrPem: await csr(), clusterId: 'cluster-1' });
    expect(describeCertificate(certificatePem).sans).toHaveLength(1);
  });
});

async function refused(csrPem: string, clusterId = 'cluster-1'): Promise<void> {
  await authority.enrol({ csrPem, clusterId });
}

describe('an enrolment is refused', () => {
  it('when it asks for the name of another cluster', async () => {
    await expect(refused(await csr('cluster-2'))).rejects.toMatchObject({ code: 'csr_wrong_name', retryable: false });
    const foreign = await csr('cluster-1', clusterSpiffeId('cluster-2'));
    await expect(refused(foreign)).rejects.toMatchObject({ code: 'csr_wrong_name' });
    const admin = await csr('cluster-1', 'spiffe://kestrel-cloud/admin');
    await expect(refused(admin)).rejects.toMatchObject({ code: 'csr_wrong_name' });
  });

  it('when it is no request', async () => {
    for (const pem of [
      '',
      'hello',
      authority.caPem,
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
    ]) {
      await expect(refused(pem)).rejects.toMatchObject({ code: 'csr_malformed' });
    }
    await expect(refused('x'.repeat(8_193))).rejects.toMatchObject({ code: 'csr_too_large' });
  });

  it('when its key did not sign it', async () => {
    const der = Buffer.from(new Pkcs10CertificateRequest(await csr()).rawData);
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    await expect(refused(pem)).rejects.toMatchObject({ code: 'csr_signature_invalid' });
  });

  it('when its key is of another kind', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const foreign = Buffer.from(publicKey.export({ type: 'spki', format: 'der' }));
    expect(foreign.length).toBeGreaterThan(91);
    const { Pkcs10CertificateRequestGenerator } = await import('@peculiar/x509');
    const algorithm = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
    const keys = {
      privateKey: await crypto.subtle.importKey(
        'pkcs8',
        new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })),
        algorithm,
        false,
        ['sign'],
      ),
      publicKey: await crypto.subtle.importKey('spki', new Uint8Array(foreign), algorithm, true, ['verify']),
    };
    const request = await Pkcs10CertificateRequestGenerator.create({
      name: 'CN=cluster-1',
      keys,
      signingAlgorithm: algorithm,
    });
    await expect(refused(request.toString('pem'))).rejects.toMatchObject({ code: 'csr_key_unsupported' });
  });

  it('when the cluster id can not stand in a name', async () => {
    for (const clusterId of ['', 'a/b', '../x', 'ü', 'a b', 'x'.repeat(129)]) {
      await expect(refused(await csr(), clusterId)).rejects.toMatchObject({ code: 'cluster_id_invalid' });
    }
  });
});

describe('a certificate of a peer', () => {
  it('is good until its serial is revoked, however that is written', async () => {
    const { serial } = await authority.enrol({ csrPem: await csr(), clusterId: 'cluster-1' });
    expect(authority.peerProblem(peer(serial), 'cluster-1')).toBeUndefined();
    authority.revoke(serial.toUpperCase());
    expect(authority.peerProblem(peer(serial), 'cluster-1')).toBe('revoked');
    expect(authority.peerProblem(peer(serial.toUpperCase()), 'cluster-1')).toBe('revoked');
  });

  it('is of one cluster only', async () => {
    const { serial } = await authority.enrol({ csrPem: await csr(), clusterId: 'cluster-1' });
    expect(authority.peerProblem(peer(serial), 'cluster-2')).toBe('wrong_cluster');
    expect(authority.peerProblem({ ...peer(serial), uris: [] }, 'cluster-1')).toBe('wrong_cluster');
    expect(authority.peerProblem({ ...peer(serial), commonName: 'cluster-2' }, 'cluster-1')).toBe('wrong_cluster');
  });
});

describe('a revocation', () => {
  it('of all holds for those so far, not for the next', async () => {
    const first = await authority.enrol({ csrPem: await csr(), clusterId: 'cluster-1' });
    const second = await authority.enrol({ csrPem: await csr('cluster-2'), clusterId: 'cluster-2' });
    authority.revokeAll();
    const third = await authority.enrol({ csrPem: await csr(), clusterId: 'cluster-1' });
    expect([first, second, third].map(({ serial }) => authority.isRevoked(serial))).toEqual([true, true, false]);
  });

  it('tells who listens, once for each serial', async () => {
    const told: (readonly string[])[] = [];
    const end = authority.onRevoked((serials) => told.push(serials));
    const { serial } = await authority.enrol({ csrPem: await csr(), clusterId: 'cluster-1' });
    authority.revoke(serial);
    authority.revoke(serial);
    authority.revokeAll();
    end();
    authority.revoke('abcd');
    expect(told).toEqual([[serial]]);
  });

  it('and the root survive a restart', async () => {
    const { serial } = await authority.enrol({ csrPem: await csr(), clusterId: 'cluster-1' });
    authority.revoke(serial);
    const again = await openAuthority();
    expect(again.caPem).toBe(authority.caPem);
    expect(again.isRevoked(serial)).toBe(true);
    expect(again.issued().map((entry) => entry.serial)).toEqual([serial]);
  });

  it('is never lost to a damaged file without saying so', async () => {
    authority.revoke('abcd');
    const path = join(directory, 'ledger.json');
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, -1));
    await expect(openAuthority()).rejects.toThrow(/ledger\.json is damaged/);
  });
});

describe('the ledger', () => {
  it('forgets certificates that are over', async () => {
    let now = nowMs;
    const clock = { nowMs: () => now, monotonicMs: () => 0 };
    const one = await openAuthority({ clock, lifetimeMs: 10_000 });
    await one.enrol({ csrPem: await csr(), clusterId: 'cluster-1' });
    now += 10_000;
    const { serial } = await one.enrol({ csrPem: await csr(), clusterId: 'cluster-1' });
    expect(one.issued().map((entry) => entry.serial)).toEqual([serial]);
  });
});
