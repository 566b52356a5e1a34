import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls';

/** Who is at the other end, from a certificate that the TLS stack has verified. */
export interface PeerIdentity {
  commonName: string;
  /** Names of the subjectAltName extension. */
  dnsNames: string[];
  uris: string[];
  /** Hex, as the certificate writes it. */
  serialNumber: string;
  /** SHA-256 of the DER encoding, lower-case hex. */
  fingerprint: string;
  notAfter: Date;
}

interface ServerCall {
  getAuthContext(): { sslPeerCertificate?: PeerCertificate | DetailedPeerCertificate };
}

/**
 * The verified certificate of a call's client, or undefined if it showed none that is trusted. A server that does not
 * require certificates must ask this for each method that needs one.
 */
export function peerCertificate(call: ServerCall): PeerIdentity | undefined {
  const certificate = call.getAuthContext().sslPeerCertificate;
  if (certificate === undefined) return undefined;
  const alternative = (certificate.subjectaltname ?? '').split(', ');
  const namesOf = (kind: string) =>
    alternative.filter((entry) => entry.startsWith(kind)).map((entry) => entry.slice(kind.length));
  return {
    commonName: [certificate.subject.CN].flat()[0] ?? '',
    dnsNames: namesOf('DNS:'),
    uris: namesOf('URI:'),
    serialNumber: certificate.serialNumber.toLowerCase(),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    notAfter: new Date(certificate.valid_to),
  };
}
