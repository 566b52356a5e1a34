import { describeCertificate } from './certificate.ts';
import type { CertificateDescription } from './certificate.ts';
import type { IdentityCertificate } from './certificate-store.ts';

/** Renewal comes within this share of the life around its half, at random, so that clusters don't renew all at once. */
const renewalJitterShare = 0.05;

/** A clock a little behind the authority's must not make a fresh certificate useless. */
const notBeforeToleranceMs = 60_000;

/** When to renew, epoch milliseconds: half of the certificate's life ± 5 % of the life; `random` in [0, 1). */
export function renewalDueMs(
  certificate: Pick<CertificateDescription, 'notBeforeMs' | 'notAfterMs'>,
  random: number,
): number {
  const lifeMs = certificate.notAfterMs - certificate.notBeforeMs;
  return Math.floor(certificate.notBeforeMs + lifeMs * (0.5 + renewalJitterShare * (2 * random - 1)));
}

/** Why a certificate can't be used. */
export type CertificateProblem = 'unreadable' | 'key_mismatch' | 'not_yet_valid' | 'expired';

/** What is wrong with `identity` at `nowMs`, or undefined. */
export function certificateProblem(
  identity: Pick<IdentityCertificate, 'certificatePem' | 'privateKeyPem'>,
  nowMs: number,
): CertificateProblem | undefined {
  let certificate: CertificateDescription;
  try {
    certificate = describeCertificate(identity.certificatePem);
  } catch {
    return 'unreadable';
  }
  if (!certificate.publicKeyMatches(identity.privateKeyPem)) return 'key_mismatch';
  if (nowMs < certificate.notBeforeMs - notBeforeToleranceMs) return 'not_yet_valid';
  if (nowMs >= certificate.notAfterMs) return 'expired';
  return undefined;
}
