import { readFile } from 'node:fs/promises';
import { Backoff, OperationalError, sleep } from '@kestrel/runtime';
import type { Component, ServiceContext } from '@kestrel/runtime';
import { createTokenSource } from '@kestrel/trust';
import type { ClientCredentials, TokenSource } from '@kestrel/trust';
import type { UplinkConfig } from '../config.ts';
import { proxyUrl } from '../proxy-url.ts';

/** How often the token is looked at for readiness. */
const lookMs = 2_000;
/** Between two requests while there is none. */
const retryBaseMs = 1_000;
const retryMaxMs = 30_000;

/** The token source of the configured client. @throws OperationalError when a file can't be read */
export async function openTokenSource(ctx: ServiceContext<UplinkConfig>): Promise<TokenSource> {
  const { oauth2, proxy } = ctx.config;
  const httpsProxy = proxyUrl(proxy);
  const caPem = oauth2.caFile === undefined ? undefined : await readFile(oauth2.caFile, 'utf8');
  return createTokenSource({
    issuer: oauth2.issuer,
    clientId: oauth2.clientId,
    auth: credentialsOf(oauth2),
    ...(oauth2.audience === undefined ? {} : { audience: oauth2.audience }),
    ...(oauth2.resource === undefined ? {} : { resource: oauth2.resource }),
    ...(oauth2.scope === undefined ? {} : { scope: oauth2.scope }),
    ...(caPem === undefined ? {} : { caPem }),
    ...(httpsProxy === undefined
      ? {}
      : {
          proxy: { httpsProxy, ...(proxy.noProxy === undefined ? {} : { noProxy: proxy.noProxy }) },
        }),
    log: ctx.log,
    clock: ctx.clock,
    metrics: ctx.metrics,
  });
}

/** Waits for the first token. @throws the signal's reason */
export async function untilToken(tokens: TokenSource, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff({ baseMs: retryBaseMs, maxMs: lookMs });
  for (;;) {
    signal.throwIfAborted();
    try {
      await tokens.token(signal);
      return;
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      // `watchToken` tells why.
    }
    await sleep(backoff.nextDelayMs(), signal);
  }
}

/** Keeps a token in hand, also in a standby, and tells readiness of it. */
export async function watchToken(tokens: TokenSource, component: Component, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff({ baseMs: retryBaseMs, maxMs: retryMaxMs });
  while (!signal.aborted) {
    let delayMs = lookMs;
    try {
      await tokens.token(signal);
      component.ready();
      backoff.succeeded();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof OperationalError)) throw error;
      component.notReady(`no access token: ${error.message}`);
      delayMs = backoff.nextDelayMs();
    }
    await sleep(delayMs, signal);
  }
}

function credentialsOf(oauth2: UplinkConfig['oauth2']): ClientCredentials {
  const { clientSecret, privateKey, keyId } = oauth2;
  if (privateKey !== undefined)
    return { kind: 'private_key_jwt', pem: privateKey, ...(keyId === undefined ? {} : { kid: keyId }) };
  if (clientSecret === undefined) throw new Error('the configuration has neither a client secret nor a key');
  return { kind: 'secret', secret: clientSecret };
}
