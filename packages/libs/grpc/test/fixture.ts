import { createLogger, testContext } from '@kestrel/runtime';
import type { Ca, CertificateRequest } from '@kestrel/testkit';
import type { ClientChannel, ClientChannelOptions, GrpcServer, GrpcServerOptions, TlsMaterial } from '../src/index.ts';
import { createChannel, memoryTlsSource, routeGrpcLog, startGrpcServer } from '../src/index.ts';
import { echoService } from './echo-service.ts';

export const silent = testContext({}).log;
routeGrpcLog(silent);

/** A logger whose lines a test can look at. */
export function recordingLog() {
  const lines: string[] = [];
  return { lines, log: createLogger({ service: 'test', destination: { write: (line) => void lines.push(line) } }) };
}

/** A certificate of the authority and the authority itself, as one end's material. */
export async function materialOf(ca: Ca, request: Partial<CertificateRequest> = {}): Promise<Required<TlsMaterial>> {
  const issued = await ca.issue({ commonName: 'test', dnsNames: ['localhost'], ...request });
  return { ca: Buffer.from(ca.certPem), cert: Buffer.from(issued.certPem), key: Buffer.from(issued.keyPem) };
}

/** A server with the echo service on a port of its own. */
export function startEcho(tls: TlsMaterial, over: Partial<GrpcServerOptions> = {}): Promise<GrpcServer> {
  const base = { host: '127.0.0.1', port: 0, requireClientCert: true, drainMs: 2_000, log: silent };
  return startGrpcServer({ ...base, tls: memoryTlsSource(tls), services: [echoService()], ...over });
}

/** A channel to it, by the name that its certificate has. */
export function dial(port: number, tls: TlsMaterial, over: Partial<ClientChannelOptions> = {}): ClientChannel {
  return createChannel({ address: `localhost:${port}`, tls: memoryTlsSource(tls), log: silent, ...over });
}
