import { describe, expect, it } from 'vitest';
import { errorFromAnswer, errorFromConnection, KubeError } from './kube-error.ts';

function answer(status: number, body: unknown, retryAfter?: string): KubeError {
  const text = typeof body === 'string' ? body : JSON.stringify({ kind: 'Status', ...Object(body) });
  return errorFromAnswer('GET /x', { status, body: Buffer.from(text), retryAfter });
}

describe('errorFromAnswer', () => {
  it.each([
    [401, 'kube_unauthorized', true],
    [403, 'kube_forbidden', true],
    [404, 'kube_not_found', true],
    [409, 'kube_conflict', false],
    [410, 'kube_gone', true],
    [422, 'kube_invalid', false],
    [429, 'kube_throttled', true],
    [500, 'kube_server_error', true],
    [504, 'kube_server_error', true],
    [302, 'kube_unexpected_status', false],
  ])('given status %d, when mapped, then the code is %s, retryable %s', (status, code, retryable) => {
    expect(answer(status, { message: 'm' })).toMatchObject({ code, retryable, status });
  });

  it.each([
    [{ message: 'x', details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'y' }] } }],
    [{ message: 'Timeout: Too large resource version: 10, current: 9' }],
  ])('given 504 with %j, when mapped, then it is known as a version from the future', (body) => {
    expect(answer(504, body).code).toBe('kube_too_large_resource_version');
  });

  it('given Retry-After in header and Status, when mapped, then the header counts', () => {
    expect(answer(429, { message: 'm', details: { retryAfterSeconds: 9 } }, '2').retryAfterMs).toBe(2000);
    expect(answer(429, { message: 'm', details: { retryAfterSeconds: 9 } }).retryAfterMs).toBe(9000);
    expect(answer(429, { message: 'm' }, 'soon').retryAfterMs).toBeUndefined();
  });

  it('given a body of plain text, when mapped, then the message shows it', () => {
    expect(answer(404, '404 page not found\n').message).toBe('GET /x: 404 404 page not found');
  });
});

describe('errorFromConnection', () => {
  it.each([
    ['ECONNREFUSED', 'kube_unreachable'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'kube_tls_untrusted'],
    ['CERT_HAS_EXPIRED', 'kube_tls_expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'kube_tls_name_mismatch'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'kube_tls_failed'],
  ])('given %s, when mapped, then the code is %s and the cause is kept', (nodeCode, code) => {
    const cause = Object.assign(new Error('m'), { code: nodeCode });
    expect(errorFromConnection('connect', cause)).toMatchObject({ code, cause, retryable: true });
  });
});
