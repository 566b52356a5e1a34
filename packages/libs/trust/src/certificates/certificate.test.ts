import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority } from '@kestrel/testkit';
import type { Ca } from '@kestrel/testkit';
import { describeCertificate } from './certificate.ts';
import { createCsr } from './csr.ts';
import { generateKeyPair, keyPairFromPem } from './key-pair.ts';
import type { KeyPair } from './key-pair.ts';
import { certificateProblem, renewalDueMs } from './renewal.ts';

const life = { notBeforeMs: 1_800_000_000_000, notAfterMs: 1_800_086_400_000 };
let authority: Ca;
let key: KeyPair;
let certificatePem: string;

beforeAll(async () => {
  authority = await certificateAuthority();
  key = await generateKeyPair();
  const csrPem = await createCsr({ key, commonName: 'cluster-1', sanUri: 'spiffe://kestrel-cloud/cluster/cluster-1' });
  certificatePem = await signCsr(csrPem, life);
});

async function signCsr(csrPem: string, o: { notBeforeMs: number; notAfterMs: number }): Promise<string> {
  const dates = { notBefore: new Date(o.notBeforeMs), notAfter: new Date(o.notAfterMs) };
  return (await authority.issueFromCsr(csrPem, dates)).certPem;
}

describe('a certificate that was made from a request', () => {
  it('has the names, the key and the times', () => {
    const description = describeCertificate(certificatePem);
    expect(description).toMatchObject({ ...life, subject: 'CN=cluster-1', commonName: 'cluster-1' });
    expect(description.sans).toEqual([{ type: 'url', value: 'spiffe://kestrel-cloud/cluster/cluster-1' }]);
    expect(description.serial).toMatch(/^[0-9a-f]+$/);
    expect(description.publicKeyMatches(key.privateKeyPem)).toBe(true);
  });

  it('is described by its leaf when it comes as a chain', () => {
    expect(describeCertificate(`${certificatePem}\n${authority.certPem}`).commonName).toBe('cluster-1');
  });

  it('does not match another key, or what is no key', async () => {
    const description = describeCertificate(certificatePem);
    expect(description.publicKeyMatches((await generateKeyPair()).privateKeyPem)).toBe(false);
    expect(description.publicKeyMatches('no key')).toBe(false);
  });

  it('keeps any name as one name, also with commas and equals signs', async () => {
    const csrPem = await createCsr({ key, commonName: 'a, O=admin+b"=' });
    const pem = await signCsr(csrPem, life);
    expect(describeCertificate(pem).commonName).toBe('a, O=admin+b"=');
    expect(describeCertificate(pem).sans).toEqual([]);
  });
});

describe('a key', () => {
  it('gives the same pair after it was read back', () => {
    expect(keyPairFromPem(key.privateKeyPem)).toEqual(key);
  });
});

function identity(over: { certificatePem?: string; privateKeyPem?: string } = {}) {
  return { certificatePem, privateKeyPem: key.privateKeyPem, ...over };
}

describe('the problem of a certificate', () => {
  it('is none while it is valid', () => {
    expect(certificateProblem(identity(), life.notBeforeMs)).toBeUndefined();
    expect(certificateProblem(identity(), life.notAfterMs - 1)).toBeUndefined();
  });

  it('is none for a clock up to a minute behind the authority', () => {
    expect(certificateProblem(identity(), life.notBeforeMs - 60_000)).toBeUndefined();
    expect(certificateProblem(identity(), life.notBeforeMs - 60_001)).toBe('not_yet_valid');
  });

  it('is its end from the moment of its end', () => {
    expect(certificateProblem(identity(), life.notAfterMs)).toBe('expired');
  });

  it('is its key when the key is another or damaged', async () => {
    const other = await generateKeyPair();
    expect(certificateProblem(identity({ privateKeyPem: other.privateKeyPem }), life.notBeforeMs)).toBe('key_mismatch');
    expect(certificateProblem(identity({ privateKeyPem: '' }), life.notBeforeMs)).toBe('key_mismatch');
  });

  it('is that nobody can read it', () => {
    expect(certificateProblem(identity({ certificatePem: '-----BEGIN' }), life.notBeforeMs)).toBe('unreadable');
    expect(certificateProblem(identity({ certificatePem: '' }), life.notBeforeMs)).toBe('unreadable');
  });
});

describe('the renewal of a certificate', () => {
  it('is due at half of its life', () => {
    expect(renewalDueMs({ notBeforeMs: 1_000, notAfterMs: 11_000 }, 0.5)).toBe(6_000);
  });

  it('is always due within 45 to 55 % of its life', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 42 }),
        fc.integer({ min: 1_000, max: 2 ** 36 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (notBeforeMs, lifeMs, random) => {
          const due = renewalDueMs({ notBeforeMs, notAfterMs: notBeforeMs + lifeMs }, random);
          expect(due).toBeGreaterThanOrEqual(Math.floor(notBeforeMs + lifeMs * 0.45) - 1);
          expect(due).toBeLessThanOrEqual(Math.ceil(notBeforeMs + lifeMs * 0.55));
        },
      ),
    );
  });
});
