import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import {
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { certificateAuthority, tempDir } from '@kestrel/testkit';
import { inClusterClient, type KubeClient, type TransportLimits } from '../src/index.ts';
import { silentLog } from './following.ts';

/** One request that the fake got, with the means to answer it. */
export interface FakeRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly stream: ServerHttp2Stream;
}

/** An HTTP/2 server over TLS that answers as a test tells it: for what a real API server does only rarely. */
export interface FakeApi extends AsyncDisposable {
  readonly port: number;
  readonly caFile: string;
  readonly tokenFile: string;
  /** All requests so far. */
  readonly requests: readonly FakeRequest[];
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  /** Answers from now on. */
  handler: (request: FakeRequest) => void;
  /** A client of it; `port` where a proxy stands between. */
  client(o?: { limits?: Partial<TransportLimits>; port?: number; caFile?: string; host?: string }): KubeClient;
}

export async function startFakeApi(certificate: { notAfter?: Date; dnsNames?: string[] } = {}): Promise<FakeApi> {
  await using starting = new AsyncDisposableStack();
  const dir = starting.use(await tempDir('kestrel-kube-'));
  const ca = await certificateAuthority();
  const dnsNames = certificate.dnsNames ?? ['localhost'];
  const leaf = await ca.issue({ ...certificate, commonName: 'fake', dnsNames, serverAuth: true });
  const caFile = join(dir.path, 'ca.crt');
  const tokenFile = join(dir.path, 'token');
  await writeFile(caFile, ca.certPem);
  await writeFile(tokenFile, 'token-1\n');

  const server = createSecureServer({ cert: leaf.certPem, key: leaf.keyPem });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined); // clients under test break connections on purpose
    session.on('close', () => sessions.delete(session));
  });
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  const requests: FakeRequest[] = [];
  const api = { handler: (request: FakeRequest) => request.stream.respond({ ':status': 500 }, { endStream: true }) };
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const url = new URL(headers[':path'] ?? '/', 'https://fake');
    const request = { path: url.pathname, query: url.searchParams, headers, stream };
    requests.push(request);
    api.handler(request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  starting.defer(async () => {
    for (const socket of sockets) socket.destroy(); // a session with unsent data would linger
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const owned = starting.move();
  return Object.assign(api, {
    port,
    caFile,
    tokenFile,
    requests,
    sessions,
    client: (o: { limits?: Partial<TransportLimits>; port?: number; caFile?: string; host?: string } = {}) =>
      owned.use(
        inClusterClient({
          tokenFile,
          caFile: o.caFile ?? caFile,
          host: o.host ?? 'localhost',
          port: o.port ?? port,
          log: silentLog,
          ...(o.limits === undefined ? {} : { limits: o.limits }),
        }),
      ),
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  });
}

/** A pod as the API server writes it, without apiVersion and kind, as in a list. */
export function pod(name: string, resourceVersion: number, more: Record<string, unknown> = {}) {
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: `${resourceVersion}` },
    ...more,
  };
}

/** Answers with JSON or text. */
export function answer(
  request: FakeRequest,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  request.stream.respond({ ':status': status, 'content-type': 'application/json', ...headers });
  request.stream.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Answers with a Status. */
export function answerStatus(
  request: FakeRequest,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  answer(request, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }, headers);
}

/** Answers with a list. */
export function answerList(request: FakeRequest, resourceVersion: number, items: readonly unknown[], next = ''): void {
  answer(request, 200, {
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: { resourceVersion: `${resourceVersion}`, continue: next },
    items,
  });
}

/** Begins a watch's answer; events are sent with what is returned. */
export function answerWatch(request: FakeRequest) {
  request.stream.respond({ ':status': 200, 'content-type': 'application/json' });
  const send = (type: string, object: unknown) => request.stream.write(`${JSON.stringify({ type, object })}\n`);
  return {
    send,
    raw: (text: string) => request.stream.write(text),
    bookmark: (resourceVersion: number, end = false) =>
      send('BOOKMARK', {
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: {
          resourceVersion: `${resourceVersion}`,
          ...(end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
        },
      }),
    end: () => request.stream.end(),
  };
}

/** What kind of request of a reflector it is. */
export function kindOf(request: FakeRequest): 'watch_list' | 'watch' | 'check' | 'page' {
  if (request.query.get('sendInitialEvents') === 'true') return 'watch_list';
  if (request.query.get('watch') === 'true') return 'watch';
  return request.query.get('limit') === '1' ? 'check' : 'page';
}
