import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { OperationalError } from '@kestrel/runtime';

/** What the token source was doing when an error came up. */
export type OAuthStep = 'discovery' | 'token';

const tlsCodes = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_FORMAT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const networkCodes = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'EPROTO',
  'ERR_TLS_HANDSHAKE_TIMEOUT',
  'ETIMEDOUT',
  'OAUTH_TIMEOUT',
  'UND_ERR_ABORTED',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_DESTROYED',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** RFC 6749 section 5.2: answers that the same request will get again until somebody changes the client or the server. */
const configurationErrors = new Set([
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'unauthorized_client',
  'unsupported_grant_type',
]);

const causeDepthMax = 8;

/**
 * Turns whatever openid-client or undici threw into one OperationalError with a sentence for the log and a retry verdict:
 * `oauth_tls_unverified`, `oauth_unreachable`, `oauth_client_rejected`, `oauth_request_refused`, `oauth_discovery_failed`,
 * `oauth_token_failed`. The original is kept as `cause`.
 *
 * A rejected client is retryable: a secret can be rotated on the other side before it is here.
 */
export function oauthError(step: OAuthStep, issuer: string, error: unknown): OperationalError {
  if (error instanceof OperationalError) return error;
  const fail = (code: string, message: string, retryable: boolean): OperationalError =>
    new OperationalError(code, message, { retryable, cause: error });

  const causes = codedCauses(error);
  const tls = causes.find(({ code }) => tlsCodes.has(code));
  if (tls) {
    return fail(
      'oauth_tls_unverified',
      `the certificate of the OAuth2 issuer ${issuer} is not trusted (${tls.code})`,
      true,
    );
  }
  const network = causes.find(({ code }) => networkCodes.has(code) || code.startsWith('ERR_SSL_'));
  if (network) {
    // System codes speak for themselves; undici's need their sentence, for example what the proxy answered.
    const detail = network.code.startsWith('E') ? network.code : network.message;
    return fail('oauth_unreachable', `the OAuth2 issuer ${issuer} can't be reached (${detail})`, true);
  }

  const status = httpStatus(error);
  if (status === 401 || (error instanceof ResponseBodyError && error.error === 'invalid_client')) {
    return fail('oauth_client_rejected', `the OAuth2 issuer ${issuer} rejects this client's credentials`, true);
  }
  if (error instanceof ResponseBodyError && configurationErrors.has(error.error)) {
    return fail('oauth_request_refused', `the OAuth2 issuer ${issuer} answers ${answer(error)}`, false);
  }
  const detail = error instanceof ResponseBodyError ? answer(error) : status ? `HTTP status ${status}` : reason(error);
  return step === 'discovery'
    ? fail(
        'oauth_discovery_failed',
        `the discovery document of the OAuth2 issuer ${issuer} is not usable (${detail})`,
        true,
      )
    : fail('oauth_token_failed', `the OAuth2 issuer ${issuer} gives no usable token (${detail})`, true);
}

interface CodedCause {
  readonly code: string;
  readonly message: string;
}

/** The errors with a code among `error` and its causes, outermost first. */
function codedCauses(error: unknown): CodedCause[] {
  const found: CodedCause[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < causeDepthMax && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string')
      found.push({ code: current.code, message: current.message });
    // Happy eyeballs: one error per address that was tried.
    if (current instanceof AggregateError) found.push(...current.errors.flatMap(codedCauses));
    current = current.cause;
  }
  return found;
}

function httpStatus(error: unknown): number | undefined {
  if (error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError) return error.status;
  if (error instanceof ClientError && isResponseLike(error.cause)) return error.cause.status;
  return undefined;
}

/** undici's own Response is another class than the global one. */
function isResponseLike(value: unknown): value is { status: number } {
  return typeof value === 'object' && value !== null && 'status' in value && typeof value.status === 'number';
}

function answer(error: ResponseBodyError): string {
  return error.error_description ? `${error.error}: ${error.error_description}` : error.error;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
