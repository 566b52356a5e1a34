import type { CallCredentials, ChannelOptions, ClientOptions } from '@grpc/grpc-js';
import { Channel, ChannelCredentials, connectivityState, experimental } from '@grpc/grpc-js';
import type { Logger } from '@kestrel/runtime';
import { OperationalError } from '@kestrel/runtime';
import { bearerCredentials } from './bearer-credentials.ts';
import { SourceCertificateProvider } from './certificate-provider.ts';
import type { ProxyEnv } from './proxy.ts';
import { proxyFor } from './proxy.ts';
import type { TlsSource } from './tls-source.ts';

const reconnectBackoffMinMs = 500;
const reconnectBackoffMaxMs = 15_000;
const messageBytesDefaultMax = 4 * 1024 * 1024;
const windowBytesDefault = 1024 * 1024;
const keepaliveDefault: Keepalive = { timeMs: 10_000, timeoutMs: 5_000 };

export interface Keepalive {
  /** Quiet time after which an HTTP/2 PING is sent. */
  timeMs: number;
  /** Time for its answer, after which the connection is dead. */
  timeoutMs: number;
}

export interface ClientChannelOptions {
  /** `host:port` of the server; the port is 443 if left out. */
  address: string;
  /**
   * Whom to trust and, for mutual TLS, what to show. There is no channel without TLS. Whether a certificate is shown at
   * all is decided when the channel is made: after an enrolment, make a new one.
   */
  tls: TlsSource;
  /** The name that the server's certificate must carry, when it is not the host of `address`. */
  serverName?: string | undefined;
  /** Gives the bearer token of each call; it is asked for every call, so it should keep one and renew it ahead. */
  token?: (() => Promise<string>) | undefined;
  /** Default: PING after 10 s, dead after 5 s more; also while no call is open. */
  keepalive?: Keepalive;
  /** HTTP/2 receive window, per stream and connection: bounds what may be in flight towards us. Default 1 MB. */
  receiveWindowBytes?: number;
  /** Largest message in either direction. Default 4 MB. */
  messageBytesMax?: number;
  log: Logger;
  /** Where `HTTPS_PROXY` and `NO_PROXY` are looked up. Without it, no proxy is used. */
  proxyEnv?: ProxyEnv;
}

/** A channel and what generated clients are constructed with: `new FooClient(...channel.clientArguments)`. */
export interface ClientChannel extends Disposable {
  readonly channel: Channel;
  readonly clientArguments: [address: string, credentials: ChannelCredentials, options: ClientOptions];
}

/**
 * A TLS channel with a connection of its own: shared with no other channel, so that closing and making anew is a
 * fresh start. It reconnects by itself (0.5 s to 15 s); when the TLS source changes, the next connection uses the new
 * material and the present one lives on. Whoever wants the new certificate now, listens to `tls.onChange`, makes a
 * new channel, moves over and disposes the old one.
 * Throws OperationalError `address_invalid` and `proxy_invalid`.
 */
export function createChannel(options: ClientChannelOptions): ClientChannel {
  const { host, port } = splitAddress(options.address);
  const target = `dns:${host}:${port}`;
  const proxy = proxyFor(host, port, options.proxyEnv ?? {});
  if (proxy) options.log.debug({ target, proxyHost: proxy.host, proxyPort: proxy.port }, 'grpc goes by a proxy');
  const dialled = proxy ? `dns:${proxy.host}:${proxy.port}` : target;
  const credentials = channelCredentials(options.tls, options.token);
  const channelOptions: ChannelOptions = {
    ...boundsOf(options),
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0, // grpc-js would read process.env; see proxyFor
    'grpc.default_authority': `${host}:${port}`,
    ...(options.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': options.serverName }),
    ...(proxy ? { 'grpc.http_connect_target': target } : {}),
    ...(proxy?.credentials === undefined ? {} : { 'grpc.http_connect_creds': proxy.credentials }),
  };
  const channel = new Channel(dialled, credentials, channelOptions);
  return {
    channel,
    clientArguments: [dialled, credentials, { channelOverride: channel }],
    [Symbol.dispose]() {
      if (channel.getConnectivityState(false) !== connectivityState.SHUTDOWN) channel.close();
    },
  };
}

function boundsOf(options: ClientChannelOptions): ChannelOptions {
  const keepalive = options.keepalive ?? keepaliveDefault;
  const messageBytesMax = options.messageBytesMax ?? messageBytesDefaultMax;
  return {
    'grpc.keepalive_time_ms': keepalive.timeMs,
    'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.initial_reconnect_backoff_ms': reconnectBackoffMinMs,
    'grpc.max_reconnect_backoff_ms': reconnectBackoffMaxMs,
    'grpc.max_send_message_length': messageBytesMax,
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc-node.flow_control_window': options.receiveWindowBytes ?? windowBytesDefault,
    'grpc.enable_retries': 0, // what may be repeated is decided by the callers, who know
    'grpc.service_config_disable_resolution': 1, // no TXT look-up that could change how calls are made
  };
}

function channelCredentials(tls: TlsSource, token: (() => Promise<string>) | undefined): ChannelCredentials {
  const provider = new SourceCertificateProvider(tls);
  const hasIdentity = tls.current().cert !== undefined;
  const secure = experimental.createCertificateProviderChannelCredentials(provider, hasIdentity ? provider : null);
  const perCall: CallCredentials | undefined = token ? bearerCredentials(token) : undefined;
  return perCall ? secure.compose(perCall) : secure;
}

function splitAddress(address: string): { host: string; port: number } {
  const [, host, port = '443'] = /^(\[[0-9a-fA-F:.]+\]|[^:/\s[\]]+)(?::(\d{1,5}))?$/.exec(address) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new OperationalError('address_invalid', `not host:port: ${address}`, { retryable: false });
  }
  return { host, port: Number(port) };
}
