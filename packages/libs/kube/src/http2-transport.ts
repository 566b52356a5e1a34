import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import type { Logger } from '@kestrel/runtime';
import type { Credentials } from './credentials.ts';
import { Http2Connection } from './http2-connection.ts';
import { errorFromConnection, KubeError } from './kube-error.ts';
import type { TransportLimits } from './transport-limits.ts';

/** An answer whose body has not been read yet. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /**
   * The body, once. Not reading it stops the server after `streamWindowBytes`. Leaving the loop early, or the signal
   * given with the request, cancels the stream. @throws KubeError when the connection breaks; the signal's reason on abort
   */
  readonly body: AsyncIterable<Buffer>;
  /** Cancels the stream without reading the body. */
  cancel(): void;
}

/** The one connection to the API server: made when needed, shared by all requests, replaced when it breaks or is told to go away. */
export class Http2Transport implements AsyncDisposable {
  readonly #credentials: Credentials;
  readonly #limits: TransportLimits;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #current: Http2Connection | undefined;
  #opening: Promise<Http2Connection> | undefined;

  constructor(o: { credentials: Credentials; limits: TransportLimits; log: Logger }) {
    this.#credentials = o.credentials;
    this.#limits = o.limits;
    this.#log = o.log;
  }

  /** Sends a request and resolves with its answer's head. `signal` holds for head and body, `headSignal` for the head only. */
  async send(
    headers: Record<string, string>,
    body: Buffer | undefined,
    o: { signal: AbortSignal; headSignal: AbortSignal },
  ): Promise<OpenAnswer> {
    const request = `${headers[':method'] ?? ''} ${headers[':path'] ?? ''}`;
    const head = AbortSignal.any([o.signal, o.headSignal]);
    head.throwIfAborted();
    const connection = await untilAborted(this.#connection(), head);
    let stream: ClientHttp2Stream;
    try {
      stream = connection.session.request(headers, { endStream: body === undefined });
    } catch (error) {
      throw errorFromConnection(request, connection.failure ?? error); // the session ended in this very moment
    }
    const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
    const failure = (error: unknown) => errorFromConnection(request, connection.failure ?? error);
    try {
      if (body !== undefined) stream.end(body);
      const answer = await answerHead(stream, head);
      cancelOnAbort(stream, o.signal, cancel);
      const content = readBody(stream, o.signal, cancel, failure);
      return { status: Number(answer[':status'] ?? 0), headers: answer, body: content, cancel };
    } catch (error) {
      cancel();
      if (head.aborted) throw head.reason;
      throw failure(error);
    }
  }

  /** Breaks the connection and with it all requests. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new KubeError('kube_unreachable', 'the client is closed', { retryable: false }));
    const opening = this.#opening;
    if (opening !== undefined) await opening.catch(() => undefined); // it fails by the abort above, and tells its own callers
    this.#current?.destroy();
    this.#current = undefined;
  }

  async #connection(): Promise<Http2Connection> {
    this.#closing.signal.throwIfAborted();
    if (this.#current?.usable) return this.#current;
    // Shared by all who ask meanwhile; each of them may give up without ending it for the others.
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return await this.#opening;
  }

  async #open(): Promise<Http2Connection> {
    const { host, port } = this.#credentials;
    const tls = await this.#credentials.tls();
    const connection = await Http2Connection.open({
      host,
      port,
      tls,
      limits: this.#limits,
      signal: this.#closing.signal,
    });
    this.#log.info({ host, port }, 'connected to the api server');
    connection.session.once('close', () => {
      const reason = connection.failure?.message ?? 'closed in order';
      if (!this.#closing.signal.aborted)
        this.#log.info({ host, port, reason }, 'connection to the api server is closed');
    });
    this.#current = connection;
    return connection;
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  });
}

function answerHead(stream: ClientHttp2Stream, signal: AbortSignal): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    const done = (act: () => void) => {
      signal.removeEventListener('abort', onAbort);
      act();
    };
    stream.once('response', (headers) => done(() => resolve(headers)));
    // Stays for the stream's whole life: between two reads of the body nobody else listens, and an unheard error ends the process.
    stream.on('error', (error: Error) => done(() => reject(error)));
    stream.once('close', () => done(() => reject(new Error('the stream was closed before an answer'))));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** From the head on, also while nobody reads the body yet. */
function cancelOnAbort(stream: ClientHttp2Stream, signal: AbortSignal, cancel: () => void): void {
  // Destroyed with an error, so that a read that waits ends at once; `close` alone would look like an ordinary end.
  const onAbort = () => {
    cancel();
    stream.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', onAbort));
  if (signal.aborted) onAbort();
}

async function* readBody(
  stream: ClientHttp2Stream,
  signal: AbortSignal,
  cancel: () => void,
  failure: (error: unknown) => KubeError,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of stream) {
      if (Buffer.isBuffer(chunk)) yield chunk;
    }
    // node ends a body that the server reset with CANCEL as if it were whole.
    if (stream.rstCode !== constants.NGHTTP2_NO_ERROR)
      throw new Error(`the stream was reset with code ${stream.rstCode}`);
  } catch (error) {
    throw signal.aborted ? signal.reason : failure(error);
  } finally {
    cancel();
  }
}
