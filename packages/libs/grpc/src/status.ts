import type { ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { OperationalError, redactText } from '@kestrel/runtime';
import { tokenFailure } from './bearer-credentials.ts';
import { connectionFailure } from './connection-failure.ts';

/**
 * Statuses after which the same call may succeed with nobody changing anything: the server is away or busy, the call
 * was cut (INTERNAL and UNKNOWN are what a cut stream ends with), or the token was too old (each call gets its own).
 */
const retryableStatuses: ReadonlySet<number> = new Set([
  status.CANCELLED,
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.UNAUTHENTICATED,
]);

/** Whether a caught value is how grpc-js ends a call. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

/**
 * How a call ended, as an OperationalError: the status in snake_case as code (`unavailable`, `permission_denied`, …), or
 * what kept the connection from being made (`tls_unknown_ca`, `tls_certificate_expired`, `tls_hostname_mismatch`,
 * `tls_client_certificate_rejected`, …; all in the README), or `token_unavailable` or `message_too_large`. The message is stable: the same
 * failure gives the same text, so that logs and readiness reasons do not flicker.
 * An OperationalError passes as it is. Anything else is a programmer's error, and is thrown.
 */
export function toOperationalError(error: unknown): OperationalError {
  if (error instanceof OperationalError) return error;
  if (!isServiceError(error)) throw error;
  if (error.details.includes(tokenFailure)) {
    const retryable = error.code === status.UNAVAILABLE;
    return new OperationalError('token_unavailable', clean(error.details), { retryable, cause: error });
  }
  const failure = error.code === status.UNAVAILABLE ? connectionFailure(error.details) : undefined;
  if (failure)
    return new OperationalError(failure.code, failure.message, { retryable: failure.retryable, cause: error });
  if (error.code === status.RESOURCE_EXHAUSTED && / larger than /.test(error.details)) {
    return new OperationalError('message_too_large', clean(error.details), { retryable: false, cause: error });
  }
  const code = (status[error.code] ?? 'UNKNOWN').toLowerCase();
  const retryable = retryableStatuses.has(error.code);
  return new OperationalError(code, clean(error.details) || `the call ended with ${code}`, { retryable, cause: error });
}

/** grpc-js puts the time and empty notes into details. */
function clean(details: string): string {
  return redactText(details)
    .replaceAll(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/g, '')
    .replace(/\. Resolution note: $/, '')
    .replace('Getting metadata from plugin failed with error: ', '');
}
