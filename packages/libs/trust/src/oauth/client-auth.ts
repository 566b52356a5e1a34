import { createPrivateKey } from 'node:crypto';
import { importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { ClientSecretBasic, PrivateKeyJwt } from 'openid-client';
import type { ClientAuth } from 'openid-client';
import { OperationalError, Secret } from '@kestrel/runtime';

/**
 * How the client proves itself at the token endpoint.
 * - `secret`: `client_secret_basic` (RFC 6749 section 2.3.1).
 * - `private_key_jwt` (RFC 7523): a private key as JWK or as PEM (PKCS#8, SEC1 or PKCS#1); EC P-256/384/521, Ed25519 or RSA.
 *   `kid` names the key to the issuer; of a JWK its own `kid` is the default.
 */
export type ClientCredentials =
  | { readonly kind: 'secret'; readonly secret: Secret | string }
  | { readonly kind: 'private_key_jwt'; readonly jwk: JWK; readonly kid?: string }
  | { readonly kind: 'private_key_jwt'; readonly pem: Secret | string; readonly kid?: string };

/** Makes openid-client's authentication of `credentials`. Throws OperationalError `oauth_key_invalid` (final). */
export async function clientAuth(credentials: ClientCredentials): Promise<ClientAuth> {
  if (credentials.kind === 'secret') return ClientSecretBasic(revealed(credentials.secret));
  const key = await importPrivateKey(credentials);
  const kid = credentials.kid ?? ('jwk' in credentials ? credentials.jwk.kid : undefined);
  return PrivateKeyJwt(kid === undefined ? key : { key, kid });
}

async function importPrivateKey(credentials: { jwk: JWK } | { pem: Secret | string }): Promise<CryptoKey> {
  try {
    const jwk = 'jwk' in credentials ? credentials.jwk : pemToJwk(revealed(credentials.pem));
    if (jwk.d === undefined) throw new Error('it has no private part');
    const key = await importJWK(jwk, jwk.alg ?? signatureAlgorithm(jwk));
    if (key instanceof Uint8Array) throw new Error('it is symmetric');
    return key;
  } catch (cause) {
    throw new OperationalError('oauth_key_invalid', "the client's private key can't be used", {
      retryable: false,
      cause,
    });
  }
}

function pemToJwk(pem: string): JWK {
  const { kty, crv, x, y, d, n, e, p, q, dp, dq, qi } = createPrivateKey(pem).export({ format: 'jwk' });
  return Object.fromEntries(
    Object.entries({ kty, crv, x, y, d, n, e, p, q, dp, dq, qi }).filter(([, value]) => value !== undefined),
  );
}

function signatureAlgorithm(jwk: JWK): string {
  const name = jwk.kty === 'RSA' ? 'RSA' : jwk.crv;
  switch (name) {
    case 'RSA':
      return 'PS256';
    case 'P-256':
      return 'ES256';
    case 'P-384':
      return 'ES384';
    case 'P-521':
      return 'ES512';
    case 'Ed25519':
      return 'EdDSA';
    default:
      throw new Error(`keys of type ${jwk.kty ?? 'unknown'} ${name ?? ''} are not supported`);
  }
}

function revealed(value: Secret | string): string {
  return value instanceof Secret ? value.reveal() : value;
}
