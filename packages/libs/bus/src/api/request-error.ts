import { errorChain, OperationalError } from '@kestrel/runtime';
import { NoRespondersError, PermissionViolationError, RequestError } from '@nats-io/transport-node';

/**
 * A failed request as an expected failure: `stream_missing` if nobody listens, `not_allowed` if the user has no right to
 * ask, else `bus_timeout` (**for a write: the outcome is unknown**). All retryable: streams and rights change without
 * this process. `what` begins the message.
 */
export function requestError(error: unknown, what: string): OperationalError {
  const reason = errorChain(error)
    .map((link) => link.message)
    .join(': ');
  return new OperationalError(code(error), `${what}: ${reason}`, { cause: error });
}

function code(error: unknown): string {
  if (isNoResponders(error)) return 'stream_missing';
  return isNotAllowed(error) ? 'not_allowed' : 'bus_timeout';
}

function isNoResponders(error: unknown): boolean {
  return error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
}

function isNotAllowed(error: unknown): boolean {
  if (error instanceof PermissionViolationError) return true;
  return error instanceof Error && error.cause instanceof PermissionViolationError;
}
