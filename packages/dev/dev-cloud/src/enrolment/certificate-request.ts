import { createPublicKey, webcrypto } from 'node:crypto';
import { OperationalError } from '@kestrel/runtime';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from './x509.ts';
import type { PublicKey } from './x509.ts';

/** A request of a P-256 key that proved itself, with the names that it asks for. */
export interface CertificateRequest {
  readonly publicKey: PublicKey;
  readonly commonName: string | undefined;
  /** Subject alternative names as `type:value`. */
  readonly names: readonly string[];
}

const requestCharsMax = 8_192;

/**
 * Reads a PKCS#10 request in PEM. Throws OperationalError (final) `csr_too_large`, `csr_malformed`, `csr_signature_invalid`
 * or `csr_key_unsupported`.
 */
export async function readCertificateRequest(csrPem: string): Promise<CertificateRequest> {
  if (csrPem.length > requestCharsMax) throw refusal('csr_too_large', 'the certificate request is too large');
  const request = parse(csrPem);
  requireP256(request.publicKey);
  if (!(await request.verify(webcrypto))) {
    throw refusal('csr_signature_invalid', 'the certificate request is not signed by its own key');
  }
  const alternative = request.extensions.find((one) => one instanceof SubjectAlternativeNameExtension);
  return {
    publicKey: request.publicKey,
    commonName: request.subjectName.getField('CN')[0],
    names: alternative?.names.items.map(({ type, value }) => `${type}:${value}`) ?? [],
  };
}

function parse(csrPem: string): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(csrPem);
  } catch (cause) {
    throw refusal('csr_malformed', "the certificate request can't be read", cause);
  }
}

function requireP256(publicKey: PublicKey): void {
  let curve: string | undefined;
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey.rawData), format: 'der', type: 'spki' });
    curve = key.asymmetricKeyDetails?.namedCurve;
  } catch (cause) {
    throw refusal('csr_malformed', "the certificate request's key can't be read", cause);
  }
  if (curve !== 'prime256v1') throw refusal('csr_key_unsupported', "the certificate request's key is not ECDSA P-256");
}

function refusal(code: string, message: string, cause?: unknown): OperationalError {
  return new OperationalError(code, message, { retryable: false, cause });
}
