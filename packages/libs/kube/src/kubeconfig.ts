import type { RequestOptions as HttpsOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from '@kestrel/runtime';
import type { Credentials, TlsOptions } from './credentials.ts';
import { type KubeClient, createKubeClient } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import type { TransportLimits } from './transport-limits.ts';

export interface KubeconfigOptions {
  /** Default: kubectl's own rules ($KUBECONFIG, ~/.kube/config). */
  readonly file?: string;
  /** Default: the file's current context. */
  readonly context?: string;
  readonly log: Logger;
  readonly userAgent?: string;
  readonly limits?: Partial<TransportLimits>;
}

/** A client and what the kubeconfig says besides. */
export interface KubeconfigClient {
  readonly client: KubeClient;
  readonly context: string;
  /** Namespace of the context, `default` when it names none. */
  readonly namespace: string;
}

/**
 * A client as kubectl would have it: certificates, tokens, exec plugins. Loads @kubernetes/client-node, which costs 70 MB
 * of memory, so only tools and development use this. Plain http and proxies are refused, never silently passed by.
 * @throws KubeError kube_credentials
 */
export async function kubeconfigClient(o: KubeconfigOptions): Promise<KubeconfigClient> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (o.file === undefined) config.loadFromDefault();
    else config.loadFromFile(o.file);
  } catch (error) {
    throw new KubeError('kube_credentials', `can't read kubeconfig ${o.file ?? '(default)'}`, {
      retryable: false,
      cause: error,
    });
  }
  const context = o.context ?? config.getCurrentContext();
  if (config.getContextObject(context) === null) throw refuse(`kubeconfig has no context "${context}"`);
  config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw refuse(`context "${context}" names no cluster`);
  const server = serverUrl(cluster.server);
  if (cluster.proxyUrl !== undefined)
    throw refuse(`cluster "${cluster.name}" has a proxy-url: proxies are not supported`);
  if (cluster.skipTLSVerify)
    o.log.warn({ context }, 'kubeconfig says insecure-skip-tls-verify: the server is not checked');
  const credentials = kubeconfigCredentials(config, server);
  return {
    client: createKubeClient({
      credentials,
      log: o.log,
      ...(o.userAgent === undefined ? {} : { userAgent: o.userAgent }),
      ...(o.limits === undefined ? {} : { limits: o.limits }),
    }),
    context,
    namespace: config.getContextObject(context)?.namespace ?? 'default',
  };
}

function refuse(message: string): KubeError {
  return new KubeError('kube_credentials', message, { retryable: false });
}

function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') throw refuse(`server "${text}" is not an https URL`);
  if (url.pathname !== '/') throw refuse(`server "${text}" has a path: not supported`);
  return url;
}

function kubeconfigCredentials(config: KubeConfig, server: URL): Credentials {
  return {
    host: server.hostname.replace(/^\[|\]$/g, ''),
    port: server.port === '' ? 443 : Number(server.port),
    tls: async () => tlsOptions(await askFor(config)),
    headers: async () => headerOptions(await askFor(config)),
    rejected: () => undefined, // client-node itself asks an exec plugin again when its credential expires
  };
}

/** client-node's answer for this moment: it runs exec plugins and reads token files as needed. */
async function askFor(config: KubeConfig): Promise<HttpsOptions> {
  const options: HttpsOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new KubeError('kube_credentials', 'the kubeconfig gives no usable credential', { cause: error });
  }
  return options;
}

function tlsOptions(o: HttpsOptions): TlsOptions {
  return {
    ...(o.ca === undefined ? {} : { ca: o.ca }),
    ...(o.cert === undefined ? {} : { cert: o.cert }),
    ...(o.key === undefined ? {} : { key: o.key }),
    ...(o.pfx === undefined ? {} : { pfx: o.pfx }),
    ...(o.passphrase === undefined ? {} : { passphrase: o.passphrase }),
    ...(o.servername === undefined ? {} : { servername: o.servername }),
    ...(o.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: o.rejectUnauthorized }),
  };
}

function headerOptions(o: HttpsOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(o.headers ?? {})) {
    if (typeof value === 'string') headers[name.toLowerCase()] = value; // HTTP/2 names are in lower case (RFC 9113 8.2)
  }
  if (o.auth !== undefined && o.auth !== null)
    headers['authorization'] ??= `Basic ${Buffer.from(o.auth).toString('base64')}`;
  return headers;
}
