import { counter, gauge } from '@kestrel/runtime';
import type { Metrics } from '@kestrel/runtime';

/** What a token source reports of itself. */
export interface TokenMetrics {
  requested(outcome: string): void;
  obtained(expiresAtMs: number): void;
}

/**
 * Registers `kestrel_oauth_token_requests_total{outcome}` (outcome `ok` or an error code) and
 * `kestrel_oauth_token_expiry_timestamp_seconds`; without a registry nothing is counted. One token source per registry.
 */
export function tokenMetrics(metrics: Metrics | undefined): TokenMetrics {
  if (metrics === undefined) return { requested: () => undefined, obtained: () => undefined };
  const requests = counter(metrics, {
    name: 'kestrel_oauth_token_requests_total',
    help: 'Requests for an access token, by outcome: ok, or the code of the error',
    labelNames: ['outcome'],
  });
  const expiry = gauge(metrics, {
    name: 'kestrel_oauth_token_expiry_timestamp_seconds',
    help: 'Unix time at which the access token in use expires; 0 before the first one',
  });
  return {
    requested: (outcome) => requests.inc({ outcome }),
    obtained: (expiresAtMs) => expiry.set(expiresAtMs / 1000),
  };
}
