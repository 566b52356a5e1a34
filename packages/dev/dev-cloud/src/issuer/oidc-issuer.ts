import { once } from 'node:events';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { Provider } from 'oidc-provider';
import type { Clock, Logger } from '@kestrel/runtime';
import type { ClientRegistry } from './client-registry.ts';
import { IssuerState } from './issuer-state.ts';
import { providerAdapter } from './provider-adapter.ts';
import { providerConfiguration } from './provider-configuration.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** An issuer's settings. */
export interface OidcIssuerOptions {
  /** Holds the signing key and the token generation; made when absent. */
  readonly directory: string;
  readonly clients: ClientRegistry;
  /** Audience of the tokens, an absolute URI. */
  readonly audience: string;
  /** Server certificate, for `hostname`. */
  readonly tls: { readonly certificatePem: string; readonly privateKeyPem: string };
  readonly clock: Clock;
  readonly log: Logger;
  /** Default 0: chosen by the system. A restart must take the same one: it is part of the issuer's name. */
  readonly port?: number;
  /** In the issuer's URL. Default `localhost`. */
  readonly hostname?: string;
  /** Life of a token. Default one hour. */
  readonly tokenTtlMs?: number;
}

/** A running OpenID Connect issuer: client credentials, JWT access tokens. */
export interface OidcIssuer extends AsyncDisposable {
  /** `https://<hostname>:<port>`. */
  readonly issuer: string;
  readonly port: number;
  readonly audience: string;
  readonly clients: ClientRegistry;
  /** For the endpoint that the tokens are for. */
  readonly verifier: TokenVerifier;
  /** Of tokens from now on, whole seconds, at least one. */
  tokenTtlMs: number;
  /** Fault: all tokens so far are refused as expired. */
  expireTokens(): void;
  /** Fault: the client gets no token (`invalid_client`), and those that it has are refused, until `restoreClient`. */
  revokeClient(clientId: string): void;
  restoreClient(clientId: string): void;
}

const host = '127.0.0.1';
const defaultTokenTtlMs = 3_600_000;

/** Starts an issuer on 127.0.0.1. */
export async function startOidcIssuer(o: OidcIssuerOptions): Promise<OidcIssuer> {
  const state = await IssuerState.open(o.directory);
  const server = createServer({ cert: o.tls.certificatePem, key: o.tls.privateKeyPem });
  const port = await listen(server, o.port ?? 0);
  const issuer = `https://${o.hostname ?? 'localhost'}:${port}`;
  const { audience, clients, clock } = o;
  const running: OidcIssuer = {
    issuer,
    port,
    audience,
    clients,
    verifier: createTokenVerifier({ issuer, audience, state, clients, clock }),
    tokenTtlMs: o.tokenTtlMs ?? defaultTokenTtlMs,
    expireTokens: () => {
      state.nextGeneration();
      o.log.info({ tokenGeneration: state.tokenGeneration }, 'expires all access tokens');
    },
    revokeClient: (clientId) => {
      clients.revoke(clientId);
      o.log.info({ clientId }, 'revokes a client');
    },
    restoreClient: (clientId) => {
      clients.restore(clientId);
      o.log.info({ clientId }, 'restores a client');
    },
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const adapter = providerAdapter(clients, clock);
  const provider = new Provider(
    issuer,
    providerConfiguration({ adapter, audience, state, tokenTtlMs: () => running.tokenTtlMs }),
  );
  logEvents(provider, o.log);
  const answer = provider.callback();
  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => {
      o.log.error({ err: error }, 'fails to answer');
      response.destroy();
    });
  });
  o.log.info({ issuer, audience }, 'issues access tokens');
  return running;
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the issuer does not listen on a port');
  return address.port;
}

function logEvents(provider: Provider, log: Logger): void {
  provider.on('grant.success', (ctx) => log.debug({ clientId: ctx.oidc.client?.clientId }, 'grants an access token'));
  provider.on('grant.error', (_, err) => log.info({ err }, 'refuses an access token'));
  provider.on('server_error', (_, err) => log.error({ err }, 'fails to answer'));
}
