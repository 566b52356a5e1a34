import type { IncomingHttpHeaders } from 'node:http2';
import type { Logger } from '@kestrel/runtime';
import type { Credentials } from './credentials.ts';
import { Http2Transport, type OpenAnswer } from './http2-transport.ts';
import { errorFromAnswer, KubeError } from './kube-error.ts';
import { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from './transport-limits.ts';

const ERROR_BODY_BYTES_MAX = 64 * 1024;

/** A whole answer. */
export interface KubeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer whose body comes as it is read; see OpenAnswer in http2-transport.ts. */
export interface KubeStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
}

export interface RequestOptions {
  /** Ends the request; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Accept header; `application/json` by default. */
  readonly accept?: string;
  /** Deadline, milliseconds; the client's `requestTimeoutMs` by default. */
  readonly timeoutMs?: number;
  /** Further headers, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A connection to one API server. All requests share one HTTP/2 session, which is made when needed. Paths are absolute,
 * with their query (`/api/v1/pods?limit=1`). Every method rejects with a KubeError for an answer outside 2xx (304 passes,
 * for conditional requests), a broken connection or a passed deadline.
 */
export interface KubeClient extends AsyncDisposable {
  /** For logs: `https://host:port`. */
  readonly server: string;
  get(path: string, o?: RequestOptions): Promise<KubeAnswer>;
  /** The deadline holds until the headers are there; the body may go on for ever. */
  stream(path: string, o: RequestOptions & { readonly signal: AbortSignal }): Promise<KubeStream>;
  request(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: string | Buffer | undefined,
    contentType?: string,
    o?: RequestOptions,
  ): Promise<KubeAnswer>;
}

/** A client for the given credentials; `inClusterClient` and `kubeconfigClient` are the ways to get them. */
export function createKubeClient(o: {
  credentials: Credentials;
  log: Logger;
  userAgent?: string;
  limits?: Partial<TransportLimits>;
}): KubeClient {
  return new Http2KubeClient(o);
}

class Http2KubeClient implements KubeClient {
  readonly server: string;
  readonly #credentials: Credentials;
  readonly #transport: Http2Transport;
  readonly #limits: TransportLimits;
  readonly #userAgent: string;

  constructor(o: { credentials: Credentials; log: Logger; userAgent?: string; limits?: Partial<TransportLimits> }) {
    this.#credentials = o.credentials;
    this.#limits = { ...DEFAULT_TRANSPORT_LIMITS, ...o.limits };
    this.#userAgent = o.userAgent ?? 'kestrel-operator';
    this.#transport = new Http2Transport({ credentials: o.credentials, limits: this.#limits, log: o.log });
    const { host, port } = o.credentials;
    this.server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  async get(path: string, o: RequestOptions = {}): Promise<KubeAnswer> {
    return await this.#whole('GET', path, undefined, undefined, o);
  }

  async request(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: string | Buffer | undefined,
    contentType = 'application/json',
    o: RequestOptions = {},
  ): Promise<KubeAnswer> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    return await this.#whole(method, path, bytes, contentType, o);
  }

  async stream(path: string, o: RequestOptions & { readonly signal: AbortSignal }): Promise<KubeStream> {
    // Not AbortSignal.timeout: the deadline ends with the headers, and a timer must not outlive it.
    const deadline = new AbortController();
    const timeoutMs = o.timeoutMs ?? this.#limits.requestTimeoutMs;
    const timer = setTimeout(() => deadline.abort(timeoutError(`GET ${path}`, timeoutMs)), timeoutMs);
    try {
      return await this.#send('GET', path, undefined, undefined, o, { signal: o.signal, headSignal: deadline.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  async #whole(
    method: string,
    path: string,
    body: Buffer | undefined,
    contentType: string | undefined,
    o: RequestOptions,
  ): Promise<KubeAnswer> {
    const deadline = new AbortController();
    const timeoutMs = o.timeoutMs ?? this.#limits.requestTimeoutMs;
    const timer = setTimeout(() => deadline.abort(timeoutError(`${method} ${path}`, timeoutMs)), timeoutMs);
    const signal = o.signal === undefined ? deadline.signal : AbortSignal.any([o.signal, deadline.signal]);
    try {
      const answer = await this.#send(method, path, body, contentType, o, { signal, headSignal: signal });
      return { ...answer, body: await readAll(`${method} ${path}`, answer, this.#limits.bodyBytesMax) };
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(
    method: string,
    path: string,
    body: Buffer | undefined,
    contentType: string | undefined,
    o: RequestOptions,
    signals: { signal: AbortSignal; headSignal: AbortSignal },
  ): Promise<OpenAnswer> {
    const headers = {
      ':method': method,
      ':path': path,
      accept: o.accept ?? 'application/json',
      'user-agent': this.#userAgent,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...o.headers,
      ...(await this.#credentials.headers()),
    };
    const answer = await this.#transport.send(headers, body, signals);
    if ((answer.status >= 200 && answer.status < 300) || answer.status === 304) return answer;
    if (answer.status === 401) this.#credentials.rejected();
    const retryAfter = answer.headers['retry-after'];
    const text = await readStart(answer, ERROR_BODY_BYTES_MAX);
    throw errorFromAnswer(`${method} ${path}`, { status: answer.status, retryAfter, body: text });
  }
}

function timeoutError(request: string, timeoutMs: number): KubeError {
  return new KubeError('kube_timeout', `${request}: no answer within ${timeoutMs} ms`);
}

async function readAll(request: string, answer: OpenAnswer, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new KubeError('kube_body_too_large', `${request}: the answer is larger than ${bytesMax} bytes`, {
        retryable: false,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** The start of an error's body: enough to say why. A Status that is longer is shown as text. */
async function readStart(answer: OpenAnswer, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(chunks, bytes);
}
