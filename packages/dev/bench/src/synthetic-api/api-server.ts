import { once } from 'node:events';
import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { type ApiRequest, answerJson, answerStatus } from './answer.ts';
import { answerList } from './list.ts';
import { collectionPath, discoveryDocument, SERVED_KINDS } from './served-kinds.ts';
import type { SyntheticCluster } from './synthetic-cluster.ts';
import { answerWatch, type PodWatches } from './watch.ts';

/** What a Go server asks of its clients' frames. */
const STREAMS_MAX = 250;

/** How to serve a cluster. */
export interface ApiServerOptions {
  readonly cluster: SyntheticCluster;
  readonly watches: PodWatches;
  readonly token: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** The Kubernetes API as far as a reflector uses it: discovery, lists, watches. Over TLS and HTTP/2, with a bearer token. */
export class SyntheticApiServer implements AsyncDisposable {
  /** From now on WatchList is refused as by a server without the feature gate, so that clients list by pages. */
  refusesWatchList = false;
  readonly #o: ApiServerOptions;
  readonly #server;
  readonly #sockets = new Set<Socket>();

  private constructor(o: ApiServerOptions) {
    this.#o = o;
    this.#server = createSecureServer({
      cert: o.certPem,
      key: o.keyPem,
      settings: { maxConcurrentStreams: STREAMS_MAX },
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('sessionError', () => undefined); // a client that is killed
    this.#server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined); // the same; `write` sees that it has gone
      void this.#answer(stream, headers);
    });
  }

  static async start(o: ApiServerOptions): Promise<SyntheticApiServer> {
    const server = new SyntheticApiServer(o);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
    return address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const url = new URL(headers[':path'] ?? '/', 'https://synthetic');
    const request: ApiRequest = { path: url.pathname, query: url.searchParams, stream };
    if (headers.authorization !== `Bearer ${this.#o.token}`) {
      return answerStatus(stream, 401, 'Unauthorized', 'Unauthorized');
    }
    if (headers[':method'] !== 'GET') return answerStatus(stream, 405, 'MethodNotAllowed', 'only reads are served');
    if (request.path === '/api' || request.path === '/apis') return answerJson(stream, discoveryDocument(request.path));
    if (request.path === '/version') return answerJson(stream, { major: '1', minor: '36', gitVersion: 'v1.36.3' });
    const kind = SERVED_KINDS.find((candidate) => collectionPath(candidate) === request.path);
    if (kind === undefined) return answerNotFound(stream);
    const { cluster, watches } = this.#o;
    if (request.query.get('watch') === 'true') {
      await answerWatch(request, kind, { cluster, watches, refusesWatchList: this.refusesWatchList });
    } else {
      await answerList(request, kind, cluster);
    }
  }
}

/** A path that no API server part serves, such as that of a CRD which is not installed: text, not a Status. */
function answerNotFound(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 404, 'content-type': 'text/plain; charset=utf-8' });
  stream.end('404 page not found\n');
}
