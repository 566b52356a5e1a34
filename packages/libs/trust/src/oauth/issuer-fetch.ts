import { rootCertificates } from 'node:tls';
import type { CustomFetch } from 'openid-client';
import { Agent, EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import type { Dispatcher } from 'undici';

/** A proxy as the usual environment variables describe it; the values are passed in, the environment is never read here. */
export interface HttpProxy {
  /** `HTTPS_PROXY`: URL of the proxy, `http://` or `https://`, with credentials in it if it wants any. */
  readonly httpsProxy: string;
  /** `NO_PROXY`: hosts, domains and `host:port` that are reached directly, separated by commas. */
  readonly noProxy?: string;
}

const connectTimeoutMs = 10_000;
/** Time without a byte of the answer. */
const answerTimeoutMs = 15_000;
/** Tokens and discovery documents are a few KB. */
const answerBytesMax = 1_048_576;
const connectionsMax = 2;
const idleConnectionMs = 4_000;

/**
 * A fetch for the issuer alone: its own connections, its own roots, its own proxy.
 * With `caPem` **only** these roots are trusted for the issuer; without it, Node's bundled roots are.
 *
 * It is undici's own fetch with undici's own agent: Node's global fetch refuses an agent of another undici version
 * ("invalid onRequestStart method").
 */
export function issuerFetch(o: { caPem?: string; proxy?: HttpProxy }): { fetch: CustomFetch; dispatcher: Dispatcher } {
  const dispatcher = issuerDispatcher(o);
  return {
    dispatcher,
    fetch: async (url, options) => {
      const { signal, body: sent, duplex, ...rest } = options;
      const answer = await undiciFetch(url, {
        ...rest,
        dispatcher,
        ...(sent === undefined ? {} : { body: sent }),
        ...(duplex === undefined ? {} : { duplex }),
        ...(signal === undefined ? {} : { signal }),
      });
      // The global Response is what openid-client's types want; it reads status, headers and body only.
      const body = await answer.arrayBuffer();
      return new Response(body.byteLength === 0 ? null : body, {
        status: answer.status,
        statusText: answer.statusText,
        headers: [...answer.headers],
      });
    },
  };
}

function issuerDispatcher(o: { caPem?: string; proxy?: HttpProxy }): Dispatcher {
  const tls = o.caPem === undefined ? {} : { ca: o.caPem };
  const limits = {
    connections: connectionsMax,
    keepAliveTimeout: idleConnectionMs,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    maxResponseSize: answerBytesMax,
    connect: { ...tls, timeout: connectTimeoutMs },
  };
  if (o.proxy === undefined) return new Agent(limits);
  return new EnvHttpProxyAgent({
    ...limits,
    // Empty strings, not undefined: undici would read the process environment for what is missing.
    httpProxy: '',
    httpsProxy: o.proxy.httpsProxy,
    noProxy: o.proxy.noProxy ?? '',
    requestTls: { ...tls, timeout: connectTimeoutMs },
    // The proxy is another party than the issuer: a private CA is accepted for it besides the public ones.
    proxyTls: o.caPem === undefined ? {} : { ca: [...rootCertificates, o.caPem] },
  });
}
