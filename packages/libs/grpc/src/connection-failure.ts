/** Why no connection could be made, read from grpc-js's words: it keeps no error object and no code. */
export interface ConnectionFailure {
  code: string;
  message: string;
  /** Whether it may pass by itself. False: somebody must change a certificate, a name or a setting; retry slowly. */
  retryable: boolean;
}

const withoutChange = { retryable: true };
const afterChange = { retryable: false };

/** TLS alerts with which a server refuses the certificate that it was shown (RFC 8446, 6.2). */
const refusals: Readonly<Record<string, string>> = {
  '42': 'it is corrupt or wrongly signed',
  '43': 'its type is not supported',
  '44': 'it is revoked',
  '45': 'it has expired or is not yet valid',
  '46': 'no reason was given',
  '48': 'the server does not trust its issuer',
  '49': 'access is denied',
  '116': 'none was shown and one is required',
};

/** What each pattern means; the first that matches counts. Every one was seen from grpc-js 1.14.7 on Node 24 (README). */
const failures: readonly (ConnectionFailure & { pattern: RegExp })[] = [
  {
    pattern: /self-signed certificate|unable to verify the first certificate|unable to get (local )?issuer certificate/,
    code: 'tls_unknown_ca',
    message: "the server's certificate is signed by an authority that is not trusted here",
    ...afterChange,
  },
  {
    pattern: /: certificate has expired/,
    code: 'tls_certificate_expired',
    message: "the server's certificate has expired",
    ...afterChange,
  },
  {
    pattern: /: certificate is not yet valid/,
    code: 'tls_certificate_not_yet_valid',
    message: "the server's certificate is not yet valid: one of the clocks is wrong",
    ...withoutChange,
  },
  {
    pattern: /ERR_TLS_CERT_ALTNAME_INVALID/,
    code: 'tls_hostname_mismatch',
    message: "the server's certificate is for another host name",
    ...afterChange,
  },
  {
    pattern: /unsuitable certificate purpose/,
    code: 'tls_certificate_purpose',
    message: "the server's certificate is not meant for servers",
    ...afterChange,
  },
  {
    pattern: /wrong version number|packet length too long/,
    code: 'tls_not_spoken',
    message: 'what answers on that port does not speak TLS',
    ...afterChange,
  },
  {
    pattern: /Failed to load credentials/,
    code: 'tls_material_missing',
    message: 'there is no usable certificate of our own',
    ...afterChange,
  },
  // Without an alert: a Node server verifies after the handshake and only closes. grpc-js gives the time in brackets
  // for what happens between the TLS handshake and the server's first HTTP/2 frame, and only for that.
  {
    pattern: /Last error: (Failed to connect|read ECONNRESET|write EPIPE|write ECONNRESET|socket hang up) \(\d{4}-/,
    code: 'tls_client_certificate_rejected',
    message: 'the server closed the connection right after the TLS handshake, most likely for our client certificate',
    ...withoutChange,
  },
  {
    pattern: /Last error: undefined/,
    code: 'proxy_refused',
    message: 'the proxy did not connect us to the server',
    ...withoutChange,
  },
  {
    pattern: /^Name resolution failed/,
    code: 'name_unresolved',
    message: "the server's name cannot be resolved",
    ...withoutChange,
  },
];

/** The failure behind the details of an UNAVAILABLE call, if it is one of the known. */
export function connectionFailure(details: string): ConnectionFailure | undefined {
  const refusal = refusals[/SSL alert number (\d+)/.exec(details)?.[1] ?? ''];
  if (refusal !== undefined) {
    const message = `the server rejected our client certificate: ${refusal}`;
    return { code: 'tls_client_certificate_rejected', message, ...afterChange };
  }
  const found = failures.find(({ pattern }) => pattern.test(details));
  if (!found) return undefined;
  const { code, message, retryable } = found;
  return { code, message, retryable };
}
