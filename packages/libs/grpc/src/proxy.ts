import { BlockList, isIP } from 'node:net';
import { OperationalError } from '@kestrel/runtime';

/** The variables that choose a proxy; each may be written in capitals too. Everything else in it is ignored. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>;

/** An HTTP proxy that is asked to CONNECT; what passes through is TLS from end to end. */
export interface Proxy {
  host: string;
  port: number;
  /** `user:password`, sent as Basic to the proxy only. */
  credentials?: string;
}

/**
 * The proxy for a TLS connection to `host:port`, or nothing: `https_proxy`, unless `no_proxy` names the target. The
 * lower-case spelling wins, as in curl and Go. `no_proxy` is a list of host names (with their subdomains; with a
 * leading dot or `*.` only those), addresses, CIDRs, each with an optional `:port`, or `*`.
 * grpc-js has an own reading of these variables, in lower case only and taken from the process; it is switched off.
 * Throws OperationalError `proxy_invalid` rather than going around a proxy that it cannot use.
 */
export function proxyFor(host: string, port: number, env: ProxyEnv): Proxy | undefined {
  const given = variable(env, 'https_proxy');
  if (given === undefined || isExcepted(host, port, variable(env, 'no_proxy') ?? '')) return undefined;
  const url = URL.parse(given.includes('://') ? given : `http://${given}`);
  if (url?.protocol !== 'http:' || url.hostname === '') {
    throw new OperationalError('proxy_invalid', 'https_proxy is not an http:// URL', { retryable: false });
  }
  const { username, password } = url;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const proxy = { host: url.hostname, port: url.port === '' ? 80 : Number(url.port) };
  return username === '' ? proxy : { ...proxy, credentials };
}

function variable(env: ProxyEnv, name: string): string | undefined {
  const value = [env[name], env[name.toUpperCase()]].find((text) => text !== undefined && text.trim() !== '');
  return value?.trim();
}

function isExcepted(host: string, port: number, exceptions: string): boolean {
  const entries = exceptions.split(',').map((entry) => entry.trim().toLowerCase());
  return entries.some((entry) => entry !== '' && matches(entry, bare(host.toLowerCase()), port));
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const { name, onlyPort } = splitPort(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (isIP(host) !== 0) return matchesAddress(bare(name), host);
  if (name.startsWith('.') || name.startsWith('*.')) return host.endsWith(name.replace('*', ''));
  return host === name || host.endsWith(`.${name}`);
}

function matchesAddress(name: string, address: string): boolean {
  const [network = '', bits] = name.split('/', 2);
  const family = isIP(network);
  if (family === 0) return false;
  const list = new BlockList();
  const kind = family === 6 ? 'ipv6' : 'ipv4';
  const bitsMax = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? bitsMax : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > bitsMax) return false;
  list.addSubnet(network, prefix, kind);
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** `example.com:443`, `[::1]:443`, but not the bare `::1`. */
function splitPort(entry: string): { name: string; onlyPort?: number } {
  const [, name, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(entry) ?? [];
  return name === undefined ? { name: entry } : { name, onlyPort: Number(port) };
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
