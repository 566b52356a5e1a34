import { errorChain, OperationalError } from '@kestrel/runtime';
import { z } from 'zod';

/** What can go wrong with a request to the API server. The code decides what a caller does; the message is for people. */
export type KubeErrorCode =
  | 'kube_unauthorized' // 401: the token or certificate is not accepted (any more)
  | 'kube_forbidden' // 403: RBAC or admission
  | 'kube_not_found' // 404: no such object, or no such resource served
  | 'kube_conflict' // 409: another version is stored, or the name is taken
  | 'kube_gone' // 410: the version or continue token has been compacted away
  | 'kube_invalid' // 400, 405, 406, 415, 422: the server does not understand or allow this request
  | 'kube_throttled' // 429: priority and fairness, or storage that is starting
  | 'kube_too_large_resource_version' // 504: the server has not got this version (yet), or never will
  | 'kube_server_error' // any other status of 500 and above
  | 'kube_unexpected_status' // any other status
  | 'kube_unreachable' // no connection, or it broke
  | 'kube_timeout' // our own deadline passed
  | 'kube_body_too_large' // the answer exceeds the caller's limit
  | 'kube_bad_response' // the answer is not what the API promises
  | 'kube_credentials' // token, CA file or kubeconfig can't be read
  | 'kube_http2_required' // the server, or a proxy before it, does not speak HTTP/2
  | 'kube_tls_untrusted' // no chain to the given CA
  | 'kube_tls_expired' // a certificate of the server is expired or not yet valid
  | 'kube_tls_name_mismatch' // the certificate is for another host name
  | 'kube_tls_failed'; // the handshake failed otherwise; also when our client certificate is refused

/** An expected failure of a request to the API server. */
export class KubeError extends OperationalError {
  override readonly name: string = 'KubeError';
  declare readonly code: KubeErrorCode;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** `reason` of the Status object, e.g. `Expired`, where there was one. */
  readonly reason: string | undefined;
  /** The server's Retry-After, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: KubeErrorCode,
    message: string,
    o: {
      retryable?: boolean;
      cause?: unknown;
      status?: number | undefined;
      reason?: string | undefined;
      retryAfterMs?: number | undefined;
    } = {},
  ) {
    super(code, message, { retryable: o.retryable ?? true, ...(o.cause === undefined ? {} : { cause: o.cause }) });
    this.status = o.status;
    this.reason = o.reason;
    this.retryAfterMs = o.retryAfterMs;
  }
}

const statusSchema = z.object({
  kind: z.literal('Status'),
  message: z.string().default(''),
  reason: z.string().optional(),
  code: z.number().optional(),
  details: z
    .object({
      retryAfterSeconds: z.number().optional(),
      causes: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })).optional(),
    })
    .optional(),
});

/** meta/v1 Status, as far as it is used here. */
export type KubeStatus = z.infer<typeof statusSchema>;

/** Reads a Status object; undefined when it is none. */
export function readStatus(value: unknown): KubeStatus | undefined {
  const parsed = statusSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

const MESSAGE_CHARS_MAX = 300;
const CODE_BY_STATUS: Readonly<Record<number, KubeErrorCode>> = {
  400: 'kube_invalid',
  401: 'kube_unauthorized',
  403: 'kube_forbidden',
  404: 'kube_not_found',
  405: 'kube_invalid',
  406: 'kube_invalid',
  409: 'kube_conflict',
  410: 'kube_gone',
  415: 'kube_invalid',
  422: 'kube_invalid',
  429: 'kube_throttled',
};
const NOT_RETRYABLE: ReadonlySet<KubeErrorCode> = new Set(['kube_invalid', 'kube_conflict', 'kube_unexpected_status']);

/**
 * The error for an answer outside 2xx, or for a Status that came as an ERROR event of a watch (then `status` is its code).
 * The body may be a Status or plain text ("404 page not found").
 */
export function errorFromAnswer(
  request: string,
  answer: { status: number; retryAfter?: string | undefined; body?: Buffer; statusObject?: KubeStatus | undefined },
): KubeError {
  const parsed = answer.statusObject ?? readStatus(parseJsonOrUndefined(answer.body));
  const tooLarge = isTooLargeResourceVersion(answer.status, parsed);
  const byStatus = CODE_BY_STATUS[answer.status];
  const otherwise: KubeErrorCode = answer.status >= 500 ? 'kube_server_error' : 'kube_unexpected_status';
  const code = tooLarge ? 'kube_too_large_resource_version' : (byStatus ?? otherwise);
  const text = parsed?.message ?? answer.body?.toString('utf8', 0, MESSAGE_CHARS_MAX).trim() ?? '';
  return new KubeError(code, `${request}: ${answer.status} ${text.slice(0, MESSAGE_CHARS_MAX)}`.trim(), {
    retryable: !NOT_RETRYABLE.has(code),
    status: answer.status,
    reason: parsed?.reason,
    retryAfterMs: retryAfterMs(answer.retryAfter, parsed?.details?.retryAfterSeconds),
  });
}

/** apimachinery's NewTooLargeResourceVersionError: 504 Timeout with this cause; older servers have only the message. */
function isTooLargeResourceVersion(status: number, parsed: KubeStatus | undefined): boolean {
  if (status !== 504 || parsed === undefined) return false;
  const byCause = parsed.details?.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge') ?? false;
  return byCause || parsed.message.includes('Too large resource version');
}

/** Retry-After as seconds (RFC 9110 10.2.3; Kubernetes never sends the date form), else the Status' own field. */
function retryAfterMs(header: string | undefined, statusSeconds: number | undefined): number | undefined {
  const seconds = header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : statusSeconds;
  return seconds === undefined || seconds <= 0 ? undefined : seconds * 1000;
}

function parseJsonOrUndefined(body: Buffer | undefined): unknown {
  if (body === undefined || body[0] !== 0x7b) return undefined; // '{': anything else is text, e.g. "404 page not found"
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined; // the caller shows the text
  }
}

const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);
const EXPIRED = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** The error for a connection that could not be made or that broke. KubeErrors pass unchanged. */
export function errorFromConnection(request: string, error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  const chain = errorChain(error);
  const nodeCode = chain.find((link) => link.code !== undefined)?.code ?? '';
  const text = chain.map((link) => link.message).join(': ');
  return new KubeError(codeOfConnectionError(nodeCode), `${request}: ${text || nodeCode}`, { cause: error });
}

function codeOfConnectionError(nodeCode: string): KubeErrorCode {
  if (UNTRUSTED.has(nodeCode)) return 'kube_tls_untrusted';
  if (EXPIRED.has(nodeCode)) return 'kube_tls_expired';
  if (nodeCode === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'kube_tls_name_mismatch';
  if (nodeCode.startsWith('ERR_SSL_') || nodeCode.startsWith('ERR_TLS_') || nodeCode === 'EPROTO')
    return 'kube_tls_failed';
  return 'kube_unreachable';
}
