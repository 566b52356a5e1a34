import { clientCredentialsGrant, customFetch, discovery } from 'openid-client';
import type { Configuration, CustomFetch } from 'openid-client';
import { OperationalError } from '@kestrel/runtime';
import { clientAuth } from './client-auth.ts';
import type { ClientCredentials } from './client-auth.ts';
import { oauthError } from './oauth-error.ts';
import { lifetimeWithoutExpiresInMs } from './refresh-schedule.ts';

/** What to ask for, and of whom. */
export interface TokenRequestOptions {
  /** Issuer identifier, `https://…`: its discovery document is `<issuer>/.well-known/openid-configuration`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly auth: ClientCredentials;
  /** `audience` parameter (Auth0, Keycloak and others). */
  readonly audience?: string;
  /** `resource` parameter (RFC 8707), an absolute URI. */
  readonly resource?: string;
  /** `scope` parameter, separated by blanks. */
  readonly scope?: string;
}

/** A token and how long the issuer says that it lives. */
export interface ObtainedToken {
  readonly accessToken: string;
  readonly lifetimeMs: number;
}

/** Whole exchange, in seconds as openid-client counts. */
const requestTimeoutS = 20;

/**
 * The client credentials grant (RFC 6749 section 4.4) against a discovered token endpoint. The discovery document is kept
 * until a request fails, then read anew: endpoints move. Throws OperationalErrors of `oauthError`.
 */
export class TokenRequest {
  readonly #options: TokenRequestOptions;
  readonly #fetch: CustomFetch;
  #configuration: Configuration | undefined;

  constructor(options: TokenRequestOptions, fetch: CustomFetch) {
    this.#options = options;
    this.#fetch = fetch;
  }

  async send(): Promise<ObtainedToken> {
    const configuration = (this.#configuration ??= await this.#discover());
    try {
      const answer = await clientCredentialsGrant(configuration, this.#parameters());
      if (answer.token_type !== 'bearer') {
        throw new OperationalError(
          'oauth_token_failed',
          `the OAuth2 issuer gives a ${answer.token_type} token, not a bearer token`,
        );
      }
      const seconds = answer.expires_in;
      const lifetimeMs = seconds === undefined || seconds <= 0 ? lifetimeWithoutExpiresInMs : seconds * 1000;
      return { accessToken: answer.access_token, lifetimeMs };
    } catch (error) {
      this.#configuration = undefined;
      throw oauthError('token', this.#options.issuer, error);
    }
  }

  async #discover(): Promise<Configuration> {
    const { issuer, clientId, auth } = this.#options;
    const authentication = await clientAuth(auth);
    try {
      return await discovery(new URL(issuer), clientId, {}, authentication, {
        [customFetch]: this.#fetch,
        timeout: requestTimeoutS,
      });
    } catch (error) {
      throw oauthError('discovery', issuer, error);
    }
  }

  #parameters(): Record<string, string> {
    const { audience, resource, scope } = this.#options;
    return {
      ...(audience === undefined ? {} : { audience }),
      ...(resource === undefined ? {} : { resource }),
      ...(scope === undefined ? {} : { scope }),
    };
  }
}
