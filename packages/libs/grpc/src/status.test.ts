import { Metadata, status } from '@grpc/grpc-js';
import { OperationalError } from '@kestrel/runtime';
import { describe, expect, it } from 'vitest';
import { isServiceError, toOperationalError } from './status.ts';

function ended(code: number, details = '') {
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata: new Metadata() });
}

const unavailable = (last: string) =>
  ended(status.UNAVAILABLE, `No connection established. Last error: ${last}. Resolution note: `);
const openssl = (text: string, alert: number) =>
  `404D:error:0A:SSL routines:ssl3_read_bytes:${text}:../deps/rec_layer_s3.c:918:SSL alert number ${alert}\n (2026-11-24T21:38:26.348Z)`;

describe('toOperationalError', () => {
  it.each([
    [status.UNAVAILABLE, 'unavailable', true],
    [status.UNAUTHENTICATED, 'unauthenticated', true],
    [status.DEADLINE_EXCEEDED, 'deadline_exceeded', true],
    [status.RESOURCE_EXHAUSTED, 'resource_exhausted', true],
    [status.INTERNAL, 'internal', true],
    [status.PERMISSION_DENIED, 'permission_denied', false],
    [status.INVALID_ARGUMENT, 'invalid_argument', false],
    [status.FAILED_PRECONDITION, 'failed_precondition', false],
    [status.UNIMPLEMENTED, 'unimplemented', false],
    [status.DATA_LOSS, 'data_loss', false],
    [999, 'unknown', false],
  ])('status %i is %s, retryable %s', (code, name, retryable) => {
    const error = ended(code, 'because');
    expect(toOperationalError(error)).toMatchObject({ code: name, retryable, message: 'because', cause: error });
  });

  it.each([
    ['Error: self-signed certificate in certificate chain', 'tls_unknown_ca', false],
    ['Error: certificate has expired', 'tls_certificate_expired', false],
    ['Error: certificate is not yet valid', 'tls_certificate_not_yet_valid', true],
    ['Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match', 'tls_hostname_mismatch', false],
    [openssl('tlsv13 alert certificate required', 116), 'tls_client_certificate_rejected', false],
    [openssl('tlsv1 alert unknown ca', 48), 'tls_client_certificate_rejected', false],
    [openssl('sslv3 alert certificate expired', 45), 'tls_client_certificate_rejected', false],
    ['Failed to connect (2026-11-24T21:38:26.358Z)', 'tls_client_certificate_rejected', true],
    ['read ECONNRESET (2026-11-24T21:38:26.358Z)', 'tls_client_certificate_rejected', true],
    ['Error: read ECONNRESET', 'unavailable', true],
    ['Error: connect ECONNREFUSED 127.0.0.1:1', 'unavailable', true],
    ['undefined', 'proxy_refused', true],
  ])('what kept the connection from being made, %j, is %s', (last, code, retryable) => {
    expect(toOperationalError(unavailable(last))).toMatchObject({ code, retryable });
  });

  it('gives the same text for the same failure at another time', () => {
    const messages = ['2026-11-24T21:38:26.358Z', '2027-01-01T00:00:00.000Z'].map(
      (time) => toOperationalError(ended(status.UNAVAILABLE, `Connection dropped (${time})`)).message,
    );
    expect(messages).toEqual(['Connection dropped', 'Connection dropped']);
  });

  it('tells a message that is too large from a server that is too busy', () => {
    const error = ended(status.RESOURCE_EXHAUSTED, 'Received message larger than max (9 vs 4)');
    expect(toOperationalError(error)).toMatchObject({ code: 'message_too_large', retryable: false });
  });

  it('passes an OperationalError and throws a programmer’s error', () => {
    const own = new OperationalError('closed', 'closed');
    expect(toOperationalError(own)).toBe(own);
    const bug = new TypeError('undefined is not a function');
    expect(() => toOperationalError(bug)).toThrow(bug);
    expect(isServiceError(bug)).toBe(false);
  });
});
