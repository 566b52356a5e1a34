import { counter, gauge } from '@kestrel/runtime';
import type { Metrics } from '@kestrel/runtime';

/** What a certificate keeper reports of itself. */
export interface CertificateMetrics {
  enrolled(reason: string, outcome: 'ok' | 'failed'): void;
  inUse(notAfterMs: number): void;
}

/**
 * Registers `kestrel_client_certificate_enrolments_total{reason, outcome}` and
 * `kestrel_client_certificate_expiry_timestamp_seconds`; without a registry nothing is counted. One keeper per registry.
 */
export function certificateMetrics(metrics: Metrics | undefined): CertificateMetrics {
  if (metrics === undefined) return { enrolled: () => undefined, inUse: () => undefined };
  const enrolments = counter(metrics, {
    name: 'kestrel_client_certificate_enrolments_total',
    help: 'Enrolments of a client certificate, by reason and outcome',
    labelNames: ['reason', 'outcome'],
  });
  const expiry = gauge(metrics, {
    name: 'kestrel_client_certificate_expiry_timestamp_seconds',
    help: 'Unix time at which the client certificate in use expires; 0 before the first one',
  });
  return {
    enrolled: (reason, outcome) => enrolments.inc({ reason, outcome }),
    inUse: (notAfterMs) => expiry.set(notAfterMs / 1000),
  };
}
