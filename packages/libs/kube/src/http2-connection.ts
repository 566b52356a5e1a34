import { connect as http2Connect, constants, type ClientHttp2Session } from 'node:http2';
import { isIP } from 'node:net';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import { errorFromConnection, KubeError } from './kube-error.ts';
import type { TlsOptions } from './credentials.ts';
import type { TransportLimits } from './transport-limits.ts';

const MAX_FRAME_BYTES = 256 * 1024; // fewer, larger reads; the server's own limit applies
const SESSION_MEMORY_MB = 64; // node's limit for headers, windows and buffers of one session

/**
 * One HTTP/2 session over TLS. It finds a half-open link by itself: PING every `pingIntervalMs`, and when neither the
 * answer nor any other byte arrives within `pingTimeoutMs`, the session is destroyed and all its streams fail.
 */
export class Http2Connection {
  readonly session: ClientHttp2Session;
  readonly #socket: TLSSocket;
  readonly #limits: TransportLimits;
  readonly #timer: NodeJS.Timeout;
  #pingDeadline: NodeJS.Timeout | undefined;
  #failure: Error | undefined;

  private constructor(session: ClientHttp2Session, socket: TLSSocket, limits: TransportLimits) {
    this.session = session;
    this.#socket = socket;
    this.#limits = limits;
    session.on('error', (error) => {
      this.#failure ??= error; // kept: the streams that fail by it often see only "closed"
    });
    session.once('close', () => this.#stopPinging());
    this.#timer = setInterval(() => this.#ping(), limits.pingIntervalMs).unref();
  }

  /** Connects. @throws KubeError kube_unreachable, kube_timeout, kube_tls_…, kube_http2_required */
  static async open(o: {
    host: string;
    port: number;
    tls: TlsOptions;
    limits: TransportLimits;
    signal: AbortSignal;
  }): Promise<Http2Connection> {
    const where = `connect to ${o.host}:${o.port}`;
    const deadline = AbortSignal.timeout(o.limits.connectTimeoutMs);
    const signal = AbortSignal.any([o.signal, deadline]);
    const socket = tlsConnect({
      host: o.host,
      port: o.port,
      ALPNProtocols: ['h2', 'http/1.1'], // the second only so that the error below can name it
      ...(isIP(o.host) === 0 ? { servername: o.host } : {}), // RFC 6066: no addresses in SNI
      ...o.tls,
    });
    try {
      await once(socket, 'secureConnect', signal);
      if (socket.alpnProtocol !== 'h2') {
        const spoken = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : 'no ALPN protocol';
        throw new KubeError('kube_http2_required', `${where}: the server speaks ${spoken}, HTTP/2 (h2) is needed`, {
          retryable: true,
        });
      }
      socket.setNoDelay(true);
      return new Http2Connection(await startSession(socket, o, signal), socket, o.limits);
    } catch (error) {
      socket.destroy();
      if (o.signal.aborted) throw o.signal.reason;
      if (deadline.aborted) {
        throw new KubeError('kube_timeout', `${where}: no session within ${o.limits.connectTimeoutMs} ms`, {
          cause: error,
        });
      }
      throw errorFromConnection(where, error);
    }
  }

  /** False once the server said GOAWAY or the session ended: take a new connection for the next request. */
  get usable(): boolean {
    return !this.session.closed && !this.session.destroyed;
  }

  /** Why the session ended, when it did not end in order. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Ends the session and all streams at once. */
  destroy(reason?: Error): void {
    this.#failure ??= reason;
    this.#stopPinging();
    this.session.destroy(reason, reason === undefined ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_INTERNAL_ERROR);
    this.#socket.destroy();
  }

  #ping(): void {
    if (this.#pingDeadline !== undefined || this.session.destroyed) return;
    this.#awaitByte(this.#socket.bytesRead);
    this.session.ping((error) => {
      if (error === null) this.#clearDeadline();
    });
  }

  /** A busy link may have megabytes queued before the PING's answer: any byte proves that it is alive. */
  #awaitByte(bytesBefore: number): void {
    this.#pingDeadline = setTimeout(() => {
      // After a pause of this process timers run before the socket is read: give it one turn first.
      setImmediate(() => {
        if (this.#pingDeadline === undefined || this.session.destroyed) return;
        if (this.#socket.bytesRead > bytesBefore) {
          this.#awaitByte(this.#socket.bytesRead);
          return;
        }
        this.destroy(
          new KubeError(
            'kube_unreachable',
            `connection is dead: no answer to a PING within ${this.#limits.pingTimeoutMs} ms`,
          ),
        );
      });
    }, this.#limits.pingTimeoutMs).unref();
  }

  #clearDeadline(): void {
    clearTimeout(this.#pingDeadline);
    this.#pingDeadline = undefined;
  }

  #stopPinging(): void {
    clearInterval(this.#timer);
    this.#clearDeadline();
  }
}

async function startSession(
  socket: TLSSocket,
  o: { host: string; port: number; limits: TransportLimits },
  signal: AbortSignal,
): Promise<ClientHttp2Session> {
  const authority = isIP(o.host) === 6 ? `[${o.host}]:${o.port}` : `${o.host}:${o.port}`;
  const session = http2Connect(`https://${authority}`, {
    createConnection: () => socket,
    maxSessionMemory: SESSION_MEMORY_MB,
    settings: {
      enablePush: false,
      initialWindowSize: o.limits.streamWindowBytes,
      maxFrameSize: Math.min(MAX_FRAME_BYTES, o.limits.streamWindowBytes),
    },
  });
  // Failures reach whoever waits by `once` here, and the streams later; without any listener they would end the process.
  session.on('error', () => undefined);
  await once(session, 'connect', signal);
  session.setLocalWindowSize(o.limits.sessionWindowBytes);
  return session;
}

/** Like events.once, and it leaves no listener behind; 'close' before the event is a failure too. */
function once(emitter: NodeJS.EventEmitter, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      emitter.off(event, onEvent).off('error', onError).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onEvent = () => settle(resolve);
    const onError = (error: unknown) => settle(() => reject(error instanceof Error ? error : new Error(String(error))));
    const onClose = () => onError(new Error('closed by the server'));
    const onAbort = () => onError(signal.reason);
    emitter.once(event, onEvent).once('error', onError).once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
