import { type Clock, type Logger, systemClock } from '@kestrel/runtime';
import { type KubeClient, createKubeClient } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import { readCredentialFile, TokenFile } from './token-file.ts';
import type { TransportLimits } from './transport-limits.ts';

export interface InClusterOptions {
  /** Usually /var/run/secrets/kubernetes.io/serviceaccount/token. */
  readonly tokenFile: string;
  /** Usually /var/run/secrets/kubernetes.io/serviceaccount/ca.crt. */
  readonly caFile: string;
  /** KUBERNETES_SERVICE_HOST */
  readonly host: string;
  /** KUBERNETES_SERVICE_PORT */
  readonly port: number;
  readonly log: Logger;
  readonly userAgent?: string;
  readonly clock?: Clock;
  readonly limits?: Partial<TransportLimits>;
}

/**
 * A client with what every pod has: a token file and a CA file. Nothing is read before the first request. The token is
 * read anew every 10 s and after a 401, the CA for each new connection.
 */
export function inClusterClient(o: InClusterOptions): KubeClient {
  const token = new TokenFile(o.tokenFile, o.clock ?? systemClock);
  return createKubeClient({
    log: o.log,
    ...(o.userAgent === undefined ? {} : { userAgent: o.userAgent }),
    ...(o.limits === undefined ? {} : { limits: o.limits }),
    credentials: {
      host: o.host,
      port: o.port,
      tls: async () => ({ ca: await readCredentialFile(o.caFile) }),
      headers: async () => ({ authorization: `Bearer ${await token.read()}` }),
      rejected: () => token.rejected(),
    },
  });
}

/** The namespace this pod runs in. @throws KubeError kube_credentials */
export async function readNamespaceFile(file: string): Promise<string> {
  const namespace = (await readCredentialFile(file)).trim();
  if (namespace === '') throw new KubeError('kube_credentials', `namespace file ${file} is empty`);
  return namespace;
}
