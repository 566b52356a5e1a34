import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { experimental, Server } from '@grpc/grpc-js';
import type { Logger } from '@kestrel/runtime';
import { OperationalError } from '@kestrel/runtime';
import { SourceCertificateProvider } from './certificate-provider.ts';
import { widenReceiveWindows } from './receive-windows.ts';
import type { TlsSource } from './tls-source.ts';

const windowBytesDefault = 4 * 1024 * 1024;
const receiveBytesDefaultMax = 4 * 1024 * 1024;
const drainDefaultMs = 5_000;
const keepaliveTimeMs = 30_000;
const keepaliveTimeoutMs = 10_000;
const streamsMax = 100;

/** A generated service and what serves it. */
export interface ServiceImplementation {
  definition: ServiceDefinition;
  implementation: UntypedServiceImplementation;
}

export interface GrpcServerOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** The server's certificate; its `ca` verifies clients. */
  tls: TlsSource;
  /**
   * true: a connection without a certificate that `tls.ca` vouches for ends in the handshake. false: clients may come
   * without one (to enrol, for instance), and each method asks `peerCertificate` for itself.
   */
  requireClientCert: boolean;
  services: readonly ServiceImplementation[];
  /** HTTP/2 receive window, per stream and connection. Default 4 MB. */
  receiveWindowBytes?: number;
  /** Largest message that is accepted; a larger one ends its call with RESOURCE_EXHAUSTED. Default 4 MB. */
  maxReceiveBytes?: number;
  /** How long open calls may go on when the server is disposed. Default 5 s. */
  drainMs?: number;
  log: Logger;
}

export interface GrpcServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * A TLS server that follows its TLS source: new connections get the new certificate, open ones live on. Disposing it
 * refuses new calls, waits `drainMs` for the open ones, and then cuts them.
 * Throws OperationalError `bind_failed`.
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { log } = options;
  const server = new Server({
    'grpc.max_receive_message_length': options.maxReceiveBytes ?? receiveBytesDefaultMax,
    'grpc.max_concurrent_streams': streamsMax,
    'grpc.keepalive_time_ms': keepaliveTimeMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
  });
  for (const { definition, implementation } of options.services) server.addService(definition, implementation);
  const port = await bind(server, options);
  const windows = widenReceiveWindows(port, options.receiveWindowBytes ?? windowBytesDefault);
  log.info({ host: options.host, port, requireClientCert: options.requireClientCert }, 'grpc server listens');
  return {
    port,
    async [Symbol.asyncDispose]() {
      using _windows = windows;
      await drain(server, options.drainMs ?? drainDefaultMs, log);
    },
  };
}

function bind(server: Server, options: GrpcServerOptions): Promise<number> {
  const provider = new SourceCertificateProvider(options.tls);
  const verifiesClients = options.requireClientCert || options.tls.current().ca !== undefined;
  const credentials = experimental.createCertificateProviderServerCredentials(
    provider,
    verifiesClients ? provider : null,
    options.requireClientCert,
  );
  const address = `${options.host}:${options.port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (cause, port) => {
      if (cause) reject(new OperationalError('bind_failed', `cannot listen on ${address}`, { cause }));
      else resolve(port);
    });
  });
}

function drain(server: Server, drainMs: number, log: Logger): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      log.warn({ drainMs }, 'grpc calls are still open and are cut');
      server.forceShutdown();
      resolve();
    }, drainMs);
    server.tryShutdown((error) => {
      clearTimeout(deadline);
      if (error) reject(error);
      else resolve();
    });
  });
}
