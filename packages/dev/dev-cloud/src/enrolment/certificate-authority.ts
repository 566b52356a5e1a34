import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '@kestrel/runtime';
import { generateKeyPair } from '@kestrel/trust';
import type { KeyPair } from '@kestrel/trust';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509.ts';
import type { JsonGeneralNames, PublicKey } from './x509.ts';

/** What one certificate is to say. */
export interface CertificateSpec {
  readonly commonName: string;
  readonly names: JsonGeneralNames;
  readonly usage: 'client' | 'server';
  /** From now; the beginning is dated back a little. */
  readonly lifetimeMs: number;
}

/** A certificate with what its ledger needs. */
export interface SignedCertificate {
  readonly certificatePem: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notAfterMs: number;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const rootLifetimeMs = 10 * 365 * 86_400_000;
/** Dated back for clocks that differ, but never so much that half of the life is over at once. */
const backdateMaxMs = 60_000;
const backdateShare = 0.1;

const rootSchema = z.object({ certificatePem: z.string(), privateKeyPem: z.string() });

/** An ECDSA P-256 authority whose root is kept in a directory. */
export class CertificateAuthority {
  /** The root, PEM. */
  readonly certificatePem: string;
  readonly #root: X509Certificate;
  readonly #key: webcrypto.CryptoKey;
  readonly #clock: Clock;

  private constructor(root: X509Certificate, key: webcrypto.CryptoKey, clock: Clock) {
    this.certificatePem = `${root.toString('pem')}\n`;
    this.#root = root;
    this.#key = key;
    this.#clock = clock;
  }

  /** Opens the authority in `<directory>/root.json`; makes it, once, when there is none. */
  static async open(o: { directory: string; name: string; clock: Clock }): Promise<CertificateAuthority> {
    const path = join(o.directory, 'root.json');
    let kept = readJsonFile(path, rootSchema);
    if (kept === undefined) {
      const key = await generateKeyPair();
      kept = { certificatePem: await selfSigned(o.name, key, o.clock), privateKeyPem: key.privateKeyPem };
      writeJsonFile(path, kept);
    }
    const key = await importPrivateKey(kept.privateKeyPem);
    return new CertificateAuthority(new X509Certificate(kept.certificatePem), key, o.clock);
  }

  /** Certifies somebody else's public key. */
  async sign(publicKey: PublicKey | webcrypto.CryptoKey, spec: CertificateSpec): Promise<SignedCertificate> {
    const nowMs = this.#clock.nowMs();
    const notAfterMs = wholeSeconds(nowMs + spec.lifetimeMs);
    const serial = serialNumber();
    const usage = spec.usage === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth;
    const certificate = await X509CertificateGenerator.create(
      {
        serialNumber: serial,
        subject: [{ CN: [spec.commonName] }],
        issuer: this.#root.subjectName.toJSON(),
        notBefore: new Date(nowMs - Math.min(backdateMaxMs, spec.lifetimeMs * backdateShare)),
        notAfter: new Date(notAfterMs),
        publicKey,
        signingKey: this.#key,
        signingAlgorithm: algorithm,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([usage]),
          new SubjectAlternativeNameExtension(spec.names),
          await AuthorityKeyIdentifierExtension.create(this.#root, false, webcrypto),
        ],
      },
      webcrypto,
    );
    return { certificatePem: `${certificate.toString('pem')}\n`, serial, notAfterMs };
  }

  /** Makes a key and a server's certificate for it. */
  async issueServer(o: {
    dnsNames: readonly string[];
    ipAddresses?: readonly string[];
    lifetimeMs: number;
  }): Promise<SignedCertificate & { readonly privateKeyPem: string }> {
    const key = await generateKeyPair();
    const names: JsonGeneralNames = [
      ...o.dnsNames.map((value) => ({ type: 'dns' as const, value })),
      ...(o.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ];
    const commonName = o.dnsNames[0] ?? 'server';
    const signed = await this.sign(await importPublicKey(key.publicKeyPem), {
      commonName,
      names,
      usage: 'server',
      lifetimeMs: o.lifetimeMs,
    });
    return { ...signed, privateKeyPem: key.privateKeyPem };
  }
}

async function selfSigned(name: string, key: KeyPair, clock: Clock): Promise<string> {
  const publicKey = await importPublicKey(key.publicKeyPem);
  const root = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: [{ CN: [name] }],
      notBefore: new Date(clock.nowMs() - backdateMaxMs),
      notAfter: new Date(clock.nowMs() + rootLifetimeMs),
      keys: { publicKey, privateKey: await importPrivateKey(key.privateKeyPem) },
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return root.toString('pem');
}

async function importPrivateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return await webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign']);
}

async function importPublicKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  return await webcrypto.subtle.importKey('spki', new Uint8Array(der), algorithm, true, ['verify']);
}

/** 127 random bits without a leading zero byte: positive (RFC 5280, 4.1.2.2), and written alike by every library. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}

/** Certificates know no milliseconds. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}
