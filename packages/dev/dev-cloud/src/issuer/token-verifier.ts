import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import * as z from 'zod';
import { OperationalError } from '@kestrel/runtime';
import type { Clock } from '@kestrel/runtime';
import type { ClientRegistry } from './client-registry.ts';
import { tokenAlg } from './issuer-state.ts';
import type { IssuerState } from './issuer-state.ts';
import { generationClaim } from './provider-configuration.ts';

/** Why a call's token is refused. */
export type TokenRefusal =
  | 'token_missing'
  | 'token_malformed'
  | 'token_signature_invalid'
  | 'token_wrong_issuer'
  | 'token_wrong_audience'
  | 'token_expired'
  | 'client_unknown'
  | 'client_revoked';

/** Who calls. */
export interface VerifiedClient {
  readonly clientId: string;
  readonly clusterId: string;
  readonly tokenId: string;
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
}

/** Checks bearer tokens without asking the issuer. */
export interface TokenVerifier {
  /**
   * Reads an `authorization` header's value (`Bearer …`) and says which cluster it belongs to. Throws an OperationalError
   * (final: another token is needed) whose code is a `TokenRefusal`.
   */
  verify(authorization: string | undefined): Promise<VerifiedClient>;
}

const tokenCharsMax = 8_192;
const claimsSchema = z.object({
  client_id: z.string(),
  jti: z.string(),
  exp: z.number(),
  [generationClaim]: z.number(),
});

/** A verifier of the tokens of `issuer` for `audience`: signature, type (RFC 9068), issuer, audience, times, generation, client. */
export function createTokenVerifier(o: {
  issuer: string;
  audience: string;
  state: IssuerState;
  clients: ClientRegistry;
  clock: Clock;
}): TokenVerifier {
  const keys = createLocalJWKSet({ keys: [o.state.publicKey] });
  const check = async (token: string): Promise<JWTPayload> => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: [tokenAlg],
        typ: 'at+jwt',
        issuer: o.issuer,
        audience: o.audience,
        requiredClaims: ['exp', 'iat'],
        currentDate: new Date(o.clock.nowMs()),
      });
      return payload;
    } catch (error) {
      throw refusalOf(error);
    }
  };
  return {
    verify: async (authorization) => {
      const claims = claimsSchema.safeParse(await check(bearerToken(authorization)));
      if (!claims.success) throw refusal('token_malformed', "the access token's claims are not complete", claims.error);
      const { client_id: clientId, jti: tokenId, exp, [generationClaim]: generation } = claims.data;
      const client = o.clients.get(clientId);
      if (client === undefined) throw refusal('client_unknown', `no cluster has the client ${clientId}`);
      if (o.clients.isRevoked(clientId)) throw refusal('client_revoked', `the client ${clientId} is revoked`);
      if (generation !== o.state.tokenGeneration) throw refusal('token_expired', 'the access token was made to expire');
      return { clientId, clusterId: client.clusterId, tokenId, expiresAtMs: exp * 1_000 };
    },
  };
}

function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') throw refusal('token_missing', 'the call carries no token');
  const [, token] = /^bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(authorization) ?? [];
  if (token === undefined || token.length > tokenCharsMax) {
    throw refusal('token_malformed', 'the authorization is not a bearer token');
  }
  return token;
}

function refusalOf(error: unknown): OperationalError {
  if (error instanceof errors.JWTExpired) return refusal('token_expired', 'the access token is expired', error);
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return refusal('token_signature_invalid', "the access token's signature does not hold", error);
  }
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iss') {
    return refusal('token_wrong_issuer', 'the access token is of another issuer', error);
  }
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return refusal('token_wrong_audience', 'the access token is for another audience', error);
  }
  return refusal('token_malformed', 'the access token is not one of ours', error);
}

function refusal(code: TokenRefusal, message: string, cause?: unknown): OperationalError {
  return new OperationalError(code, message, { retryable: false, cause });
}
