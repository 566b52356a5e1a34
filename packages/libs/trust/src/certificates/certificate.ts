import { createPrivateKey, X509Certificate as NodeCertificate } from 'node:crypto';
import { SubjectAlternativeNameExtension, X509Certificate } from './x509.ts';

/** A subject alternative name: `url`, `dns`, `ip`, `email`, … and its value. */
export interface SubjectName {
  readonly type: string;
  readonly value: string;
}

/** What is in a certificate. Times in epoch milliseconds. */
export interface CertificateDescription {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Lower-case hex, two digits a byte, without leading zero bytes; the same as in `@kestrel/grpc`'s PeerIdentity. */
  readonly serial: string;
  /** RFC 4514 string, for people. */
  readonly subject: string;
  readonly commonName: string | undefined;
  readonly sans: readonly SubjectName[];
  /** True if the private key (PEM) belongs to the certificate; false also for a key that can't be read. */
  publicKeyMatches(privateKeyPem: string): boolean;
}

/** Reads the first certificate of `pem` (a chain starts with the leaf). Throws the parser's error when there is none. */
export function describeCertificate(pem: string): CertificateDescription {
  const node = new NodeCertificate(pem);
  const parsed = new X509Certificate(node.raw);
  const names = parsed.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  return {
    notBeforeMs: parsed.notBefore.getTime(),
    notAfterMs: parsed.notAfter.getTime(),
    serial: node.serialNumber.toLowerCase(),
    subject: parsed.subject,
    commonName: parsed.subjectName.getField('CN')[0],
    sans: names.map(({ type, value }) => ({ type, value })),
    publicKeyMatches: (privateKeyPem) => {
      try {
        return node.checkPrivateKey(createPrivateKey(privateKeyPem));
      } catch {
        return false;
      }
    },
  };
}
