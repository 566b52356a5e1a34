import type { Secret } from '@kestrel/runtime';

/** The proxy as configured. */
export interface ProxyConfig {
  /** `http://host:port`, without credentials. */
  readonly httpsProxy: string | undefined;
  /** `user:password` */
  readonly credentials: Secret | undefined;
  readonly noProxy: string | undefined;
}

/** The proxy's URL with its credentials, if it wants any: for who dials it, never for a log. */
export function proxyUrl({ httpsProxy, credentials }: ProxyConfig): string | undefined {
  if (httpsProxy === undefined || credentials === undefined) return httpsProxy;
  const [user = '', ...password] = credentials.reveal().split(':');
  const url = new URL(httpsProxy);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password.join(':'));
  return url.href;
}
