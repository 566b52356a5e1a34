import type { CallCredentials } from '@grpc/grpc-js';
import { credentials, Metadata, status } from '@grpc/grpc-js';
import { errorChain, OperationalError } from '@kestrel/runtime';

/** Begins the details of a call that never left because there was no token for it. See `toOperationalError`. */
export const tokenFailure = 'no access token';

/**
 * Puts `authorization: Bearer …` on each call (RFC 6750). grpc-js sends call credentials over TLS only. A token that
 * cannot be had ends the call with UNAUTHENTICATED, or UNAVAILABLE if trying again may help.
 */
export function bearerCredentials(token: () => Promise<string>): CallCredentials {
  return credentials.createFromMetadataGenerator((_, callback) => {
    token().then(
      (value) => {
        const metadata = new Metadata();
        metadata.set('authorization', `Bearer ${value}`);
        callback(null, metadata);
      },
      (error: unknown) => callback(refusal(error)),
    );
  });
}

function refusal(error: unknown): Error & { code: number } {
  const retryable = !(error instanceof OperationalError) || error.retryable;
  const chain = errorChain(error).map((link) =>
    link.code === undefined ? link.message : `${link.code}: ${link.message}`,
  );
  const code = retryable ? status.UNAVAILABLE : status.UNAUTHENTICATED;
  return Object.assign(new Error(`${tokenFailure}: ${chain.join(' ← ')}`), { code });
}
