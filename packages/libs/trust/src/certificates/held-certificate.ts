import { describeCertificate } from './certificate.ts';
import type { IdentityCertificate } from './certificate-store.ts';
import { certificateProblem, renewalDueMs } from './renewal.ts';
import type { CertificateProblem } from './renewal.ts';

/** A certificate in use, read once. */
export interface HeldCertificate {
  readonly identity: IdentityCertificate;
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Drawn once per certificate. */
  readonly renewalDueMs: number;
}

/** Why a certificate is asked for. */
export type EnrolmentReason = 'absent' | 'renewal' | 'rejected' | CertificateProblem;

/**
 * Reads `identity`, which must parse; `random` in [0, 1). Of a certificate obtained just now the life counts from
 * `obtainedAtMs`: authorities date certificates back, and half of a short life could be over on arrival.
 */
export function holdCertificate(
  identity: IdentityCertificate,
  o: { random: number; obtainedAtMs?: number },
): HeldCertificate {
  const description = describeCertificate(identity.certificatePem);
  const { notAfterMs } = description;
  const notBeforeMs = Math.max(description.notBeforeMs, o.obtainedAtMs ?? 0);
  return {
    identity,
    serial: description.serial,
    notBeforeMs: description.notBeforeMs,
    notAfterMs,
    renewalDueMs: renewalDueMs({ notBeforeMs, notAfterMs }, o.random),
  };
}

/** Whether a certificate is to be asked for now, and why. */
export function enrolmentReason(
  held: HeldCertificate | undefined,
  o: { nowMs: number; rejectedSerial: string | undefined },
): EnrolmentReason | undefined {
  if (held === undefined) return 'absent';
  const problem = certificateProblem(held.identity, o.nowMs);
  if (problem !== undefined) return problem;
  if (held.serial === o.rejectedSerial) return 'rejected';
  return o.nowMs >= held.renewalDueMs ? 'renewal' : undefined;
}

/**
 * Whether what another process stored is to replace what is in use: it must be usable, and either younger or the only
 * usable one.
 */
export function isBetter(
  stored: HeldCertificate,
  held: HeldCertificate | undefined,
  o: { nowMs: number; rejectedSerial: string | undefined },
): boolean {
  const usable = (one: HeldCertificate): boolean => {
    const reason = enrolmentReason(one, o);
    return reason === undefined || reason === 'renewal';
  };
  if (!usable(stored)) return false;
  return held === undefined || !usable(held) || stored.notBeforeMs > held.notBeforeMs;
}
