import { randomBytes } from 'node:crypto';
import type { AdapterFactory, Configuration } from 'oidc-provider';
import { tokenAlg } from './issuer-state.ts';
import type { IssuerState } from './issuer-state.ts';

/** Claim that carries the generation; see IssuerState. */
export const generationClaim = 'kestrel_token_generation';

/** Never read here: no browser comes, so these must only be set for oidc-provider not to warn of its defaults. */
const interactiveTtlS = 60;

/** A client credentials issuer of JWT access tokens for one audience, and nothing else. */
export function providerConfiguration(o: {
  adapter: AdapterFactory;
  audience: string;
  state: IssuerState;
  tokenTtlMs: () => number;
}): Configuration {
  const ttlS = (): number => Math.max(1, Math.round(o.tokenTtlMs() / 1_000));
  return {
    adapter: o.adapter,
    jwks: { keys: [o.state.signingKey] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256', 'ES384', 'PS256', 'Ed25519', 'EdDSA'] },
    // Checked against the key at hand for every client, although no ID token is ever made.
    clientDefaults: { id_token_signed_response_alg: tokenAlg },
    responseTypes: [],
    scopes: [],
    extraTokenClaims: () => ({ [generationClaim]: o.state.tokenGeneration }),
    ttl: {
      ClientCredentials: ttlS,
      AccessToken: ttlS,
      AuthorizationCode: interactiveTtlS,
      BackchannelAuthenticationRequest: interactiveTtlS,
      DeviceCode: interactiveTtlS,
      Grant: interactiveTtlS,
      IdToken: interactiveTtlS,
      Interaction: interactiveTtlS,
      RefreshToken: interactiveTtlS,
      Session: interactiveTtlS,
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => o.audience,
        getResourceServerInfo: () => ({
          scope: '',
          audience: o.audience,
          accessTokenTTL: ttlS(),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: tokenAlg } },
        }),
      },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
  };
}
