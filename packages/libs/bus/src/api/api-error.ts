import { errorChain, OperationalError } from '@kestrel/runtime';
import { JetStreamApiError } from '@nats-io/jetstream';
import { ERR_CODE } from './pub-ack.ts';
import { requestError } from './request-error.ts';

/** Whether a JetStream API request failed because the stream does not exist. */
export function isStreamMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === ERR_CODE.streamNotFound;
}

/** Whether a JetStream API request failed because another stream of that name was there first. */
export function isStreamNameInUse(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === ERR_CODE.streamNameInUse;
}

/**
 * A failed JetStream API request as an expected failure: `stream_missing`, `bus_refused` (the server said no),
 * `not_allowed` (the user may not ask) or `bus_timeout` (nobody said anything), all retryable. `what` begins the message.
 * An OperationalError is returned as it is.
 */
export function apiError(error: unknown, what: string): OperationalError {
  if (error instanceof OperationalError) return error;
  const options = { cause: error };
  const reason = errorChain(error)
    .map((link) => link.message)
    .join(': ');
  if (isStreamMissing(error)) return new OperationalError('stream_missing', `${what}: ${reason}`, options);
  if (error instanceof JetStreamApiError) return new OperationalError('bus_refused', `${what}: ${reason}`, options);
  const failed = requestError(error, what);
  // Nobody listens on the API itself: JetStream is off or has no leader, which says nothing about the stream.
  if (failed.code !== 'stream_missing') return failed;
  return new OperationalError('bus_timeout', `${what}: JetStream does not answer`, options);
}
