// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 wants this polyfill in place before it is loaded
import 'reflect-metadata';
import { createHash, randomBytes, webcrypto } from 'node:crypto';

import * as x509 from '@peculiar/x509';

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;
const rootDays = 90;
/** Certificates begin a little in the past, for clocks that differ. */
const backdateMs = 60_000;

/** What a certificate is to say. */
export interface CertificateRequest {
  readonly commonName: string;
  /** Organisations (O) of the subject; Kubernetes reads them as groups. */
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
  /** Extended key usage; default: both. */
  readonly clientAuth?: boolean;
  readonly serverAuth?: boolean;
  /** Default: a minute ago. */
  readonly notBefore?: Date;
  /** Default: in a day. A date in the past makes an expired certificate. */
  readonly notAfter?: Date;
}

/** A certificate with its private key (PKCS #8), both PEM. */
export interface IssuedCertificate {
  readonly certPem: string;
  readonly keyPem: string;
  /** SHA-256 of the DER encoding, lower-case hex. */
  readonly fingerprint: string;
}

/** A certificate authority that lives in memory. ECDSA P-256 throughout. */
export interface Ca {
  /** The self-signed root, PEM. */
  readonly certPem: string;
  /** Makes a key and a certificate for it. */
  issue(request: CertificateRequest): Promise<IssuedCertificate>;
  /**
   * Signs the request's key under its own subject and alternative names, for client and server use.
   * @throws Error when the request's own signature does not hold
   */
  issueFromCsr(
    csrPem: string,
    o?: { notBefore?: Date; notAfter?: Date },
  ): Promise<{ certPem: string; fingerprint: string }>;
}

/** Makes a new authority with a key of its own. */
export async function certificateAuthority(name = 'Kestrel test CA'): Promise<Ca> {
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: distinguishedName(name),
      ...validity({ notAfter: new Date(Date.now() + rootDays * dayMs) }),
      keys,
      signingAlgorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );

  const sign = async (o: {
    subject: x509.JsonName;
    publicKey: x509.PublicKeyType;
    names: x509.JsonGeneralNames;
    usages: x509.ExtendedKeyUsageType[];
    dates: { notBefore?: Date; notAfter?: Date };
  }): Promise<x509.X509Certificate> =>
    await x509.X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(),
        subject: o.subject,
        issuer: root.subjectName.toJSON(),
        ...validity(o.dates),
        publicKey: o.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension(o.usages),
          ...(o.names.length > 0 ? [new x509.SubjectAlternativeNameExtension(o.names)] : []),
          await x509.AuthorityKeyIdentifierExtension.create(root, false, webcrypto),
        ],
      },
      webcrypto,
    );

  return {
    certPem: pem(root),
    issue: async (request) => {
      const own = await newKeys();
      const certificate = await sign({
        subject: distinguishedName(request.commonName, request.organizations),
        publicKey: own.publicKey,
        names: alternativeNames(request),
        usages: usagesOf(request),
        dates: request,
      });
      return { certPem: pem(certificate), keyPem: await privateKeyPem(own), fingerprint: fingerprint(certificate) };
    },
    issueFromCsr: async (csrPem, dates = {}) => {
      const csr = new x509.Pkcs10CertificateRequest(csrPem);
      if (!(await csr.verify(webcrypto))) throw new Error("the certificate request's signature does not hold");
      const certificate = await sign({
        subject: csr.subjectName.toJSON(),
        publicKey: csr.publicKey,
        names: csr.extensions.find((one) => one instanceof x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [],
        usages: usagesOf({}),
        dates,
      });
      return { certPem: pem(certificate), fingerprint: fingerprint(certificate) };
    },
  };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')}\n`;
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

function fingerprint(certificate: x509.X509Certificate): string {
  return createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex');
}

function distinguishedName(commonName: string, organizations: readonly string[] = []): x509.JsonName {
  return [{ CN: [commonName] }, ...(organizations.length > 0 ? [{ O: [...organizations] }] : [])];
}

function alternativeNames(request: CertificateRequest): x509.JsonGeneralNames {
  return [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(request.uris ?? []).map((value) => ({ type: 'url' as const, value })),
  ];
}

function usagesOf(o: { clientAuth?: boolean; serverAuth?: boolean }): x509.ExtendedKeyUsageType[] {
  return [
    ...((o.serverAuth ?? true) ? [x509.ExtendedKeyUsage.serverAuth] : []),
    ...((o.clientAuth ?? true) ? [x509.ExtendedKeyUsage.clientAuth] : []),
  ];
}

function validity(o: { notBefore?: Date; notAfter?: Date }): { notBefore: Date; notAfter: Date } {
  const notAfter = o.notAfter ?? new Date(Date.now() + dayMs);
  const latestStart = Math.min(Date.now(), notAfter.getTime());
  return { notBefore: o.notBefore ?? new Date(latestStart - backdateMs), notAfter };
}

/** 127 random bits: positive, as RFC 5280 (4.1.2.2) asks. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}
