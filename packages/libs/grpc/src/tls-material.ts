import { createPrivateKey, X509Certificate } from 'node:crypto';
import { OperationalError } from '@kestrel/runtime';

/** What one end of a TLS connection shows and trusts, as PEM. */
export interface TlsMaterial {
  /** Whom to trust: one or more certificates. Without it, the system's authorities. */
  ca?: Buffer;
  /** Own certificate, followed by its intermediates. Always together with `key`. */
  cert?: Buffer;
  key?: Buffer;
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Throws OperationalError `tls_material_invalid` unless every certificate can be parsed and the private key belongs
 * to the certificate. An expired certificate passes: the clocks may differ, and the other end decides.
 */
export function checkTlsMaterial(material: TlsMaterial): void {
  const { ca, cert, key } = material;
  if (ca) certificates('CA', ca);
  if ((cert === undefined) !== (key === undefined)) throw invalid('a certificate and its key must be given together');
  if (!cert || !key) return;
  const [own] = certificates('certificate', cert);
  if (!own?.checkPrivateKey(privateKey(key))) throw invalid('the private key does not belong to the certificate');
}

function certificates(what: string, pem: Buffer): X509Certificate[] {
  const blocks = pem.toString('latin1').match(pemCertificate) ?? [];
  if (blocks.length === 0) throw invalid(`the ${what} file holds no PEM certificate`);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw invalid(`the ${what} file cannot be parsed`, error);
  }
}

function privateKey(pem: Buffer) {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw invalid('the private key cannot be parsed', error);
  }
}

function invalid(message: string, cause?: unknown): OperationalError {
  return new OperationalError('tls_material_invalid', message, { retryable: false, cause });
}
