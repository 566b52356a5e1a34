import { channel as diagnostics } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import { connect, createServer as createTcpServer } from 'node:net';
import { OperationalError } from '@kestrel/runtime';
import type { Ca } from '@kestrel/testkit';
import { certificateAuthority, eventually, freePort, startTcpProxy } from '@kestrel/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { routeGrpcLog, toOperationalError } from '../src/index.ts';
import { echo, echoService, echoStream } from './echo-service.ts';
import { dial, materialOf, recordingLog, silent, startEcho } from './fixture.ts';

let ca: Ca;
beforeAll(async () => void (ca = await certificateAuthority()));

async function failure(call: Promise<unknown>): Promise<OperationalError> {
  const error = await call.then(
    () => new Error('the call went through'),
    (caught: unknown) => caught,
  );
  return toOperationalError(error);
}

describe('a bearer token', () => {
  it('is asked for and sent with each call', async () => {
    const service = echoService();
    await using server = await startEcho(await materialOf(ca), { services: [service] });
    let count = 0;
    using channel = dial(server.port, await materialOf(ca), { token: async () => `token-${(count += 1)}` });
    await echo(channel);
    await echo(channel);
    expect(service.seen.authorization).toBe('Bearer token-2');
  });

  it('that cannot be had ends the call as token_unavailable, retryable as its cause is', async () => {
    await using server = await startEcho(await materialOf(ca));
    const tls = await materialOf(ca);
    using away = dial(server.port, tls, {
      token: () => Promise.reject(new OperationalError('issuer_away', 'no issuer')),
    });
    expect(await failure(echo(away))).toMatchObject({
      code: 'token_unavailable',
      retryable: true,
      message: 'no access token: issuer_away: no issuer',
    });
    const denied = new OperationalError('client_denied', 'wrong secret', { retryable: false });
    using refused = dial(server.port, tls, { token: () => Promise.reject(denied) });
    expect(await failure(echo(refused))).toMatchObject({ code: 'token_unavailable', retryable: false });
  });
});

describe('limits', () => {
  it('end a call whose message is too large, on either side', async () => {
    await using server = await startEcho(await materialOf(ca), { maxReceiveBytes: 1_000 });
    const tls = await materialOf(ca);
    using wide = dial(server.port, tls);
    using narrow = dial(server.port, tls, { messageBytesMax: 500 });
    expect(await failure(echo(wide, Buffer.alloc(1_001)))).toMatchObject({ code: 'message_too_large' });
    expect(await failure(echo(narrow, Buffer.alloc(501)))).toMatchObject({ code: 'message_too_large' });
    expect(await echo(narrow, Buffer.alloc(500))).toHaveLength(500);
  });

  it('end a call at its deadline', async () => {
    await using server = await startEcho(await materialOf(ca), {
      services: [echoService({ unary: () => undefined })],
      drainMs: 50,
    });
    using channel = dial(server.port, await materialOf(ca));
    expect(await failure(echo(channel, Buffer.from('x'), 200))).toMatchObject({
      code: 'deadline_exceeded',
      retryable: true,
    });
  });
});

describe('keepalive', () => {
  it('ends a stream on a link that passes nothing any more but stays open', async () => {
    await using server = await startEcho(await materialOf(ca), { drainMs: 50 });
    await using link = await startTcpProxy({ target: { host: '127.0.0.1', port: server.port } });
    using channel = dial(link.port, await materialOf(ca), { keepalive: { timeMs: 100, timeoutMs: 100 } });
    const stream = echoStream(channel);
    stream.write(Buffer.from('1'));
    await once(stream, 'data');
    const lost = once(stream, 'error');
    link.stall();
    expect(toOperationalError((await lost)[0])).toMatchObject({ code: 'unavailable', retryable: true });
  });
});

describe('receive windows', () => {
  it('are widened on the server that asks for it, and on no other', async () => {
    const tls = await materialOf(ca);
    const windowBytes = 3 * 1024 * 1024;
    await using wide = await startEcho(tls, { receiveWindowBytes: windowBytes });
    await using other = await startEcho(tls, { receiveWindowBytes: 65_535 });
    const sessions = new Map<number | undefined, Http2Session>();
    const record = (message: unknown) => {
      const { session } = (message as { stream: ServerHttp2Stream }).stream; // oxlint-disable-line typescript/no-unsafe-type-assertion -- Node's own message
      if (session) sessions.set(session.socket.localPort, session);
    };
    diagnostics('http2.server.stream.created').subscribe(record);
    try {
      using one = dial(wide.port, tls, { receiveWindowBytes: 2 * 1024 * 1024 });
      using two = dial(other.port, tls);
      await Promise.all([echo(one), echo(two)]);
      await eventually(() => sessions.get(wide.port)?.localSettings.initialWindowSize === windowBytes);
      const widened = sessions.get(wide.port);
      expect(widened?.state.effectiveLocalWindowSize).toBe(windowBytes);
      expect(widened?.remoteSettings.initialWindowSize).toBe(2 * 1024 * 1024);
      expect(sessions.get(other.port)?.state.effectiveLocalWindowSize).toBe(65_535);
    } finally {
      diagnostics('http2.server.stream.created').unsubscribe(record);
    }
  });
});

describe('a proxy', () => {
  it('carries the connection when HTTPS_PROXY names it: the server name stays the target’s, the proxy sees no content', async () => {
    await using server = await startEcho(await materialOf(ca, { dnsNames: ['cloud.example'] }));
    await using proxy = await connectProxy(server.port);
    const proxyEnv = { HTTPS_PROXY: `http://user:pass@127.0.0.1:${proxy.port}` };
    using channel = dial(0, await materialOf(ca), { address: 'cloud.example:8443', proxyEnv });
    expect((await echo(channel)).toString()).toBe('hello');
    expect(proxy.asked).toEqual([{ target: 'cloud.example:8443', authorization: `Basic ${btoa('user:pass')}` }]);
  });

  it('is left out for a host in NO_PROXY', async () => {
    await using server = await startEcho(await materialOf(ca));
    await using proxy = await connectProxy(server.port);
    const proxyEnv = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'localhost' };
    using channel = dial(server.port, await materialOf(ca), { proxyEnv });
    await echo(channel);
    expect(proxy.asked).toEqual([]);
  });

  it('that refuses is proxy_refused, never a direct connection', async () => {
    await using server = await startEcho(await materialOf(ca));
    await using proxy = await connectProxy(undefined);
    const proxyEnv = { https_proxy: `http://127.0.0.1:${proxy.port}` };
    using channel = dial(server.port, await materialOf(ca), { proxyEnv });
    const { log, lines } = recordingLog();
    routeGrpcLog(log);
    try {
      expect(await failure(echo(channel))).toMatchObject({ code: 'proxy_refused' });
      expect(lines.join('')).toContain('with status 403');
    } finally {
      routeGrpcLog(silent);
    }
  });
});

describe('an address', () => {
  it.each(['', 'https://cloud.example', 'host:0', 'host:65536', 'a b:1', '::1'])('%j is refused', async (address) => {
    const tls = await materialOf(ca);
    expect(() => dial(0, tls, { address })).toThrow('not host:port');
  });

  it('where nothing listens is unavailable, and a name that does not exist is name_unresolved', async () => {
    const tls = await materialOf(ca);
    using nobody = dial(await freePort(), tls);
    expect(await failure(echo(nobody))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    using nowhere = dial(0, tls, { address: 'does-not-exist.invalid:443' });
    expect(await failure(echo(nowhere))).toMatchObject({ code: 'name_unresolved', retryable: true });
  });

  it('where plain text is spoken is tls_not_spoken', async () => {
    const plain = createTcpServer((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    await once(plain.listen(0, '127.0.0.1'), 'listening');
    const address = plain.address();
    using channel = dial(typeof address === 'object' ? (address?.port ?? 0) : 0, await materialOf(ca));
    expect(await failure(echo(channel))).toMatchObject({ code: 'tls_not_spoken', retryable: false });
    plain.close();
  });
});

describe('a server that is disposed', () => {
  it('waits for the open calls', async () => {
    const server = await startEcho(await materialOf(ca), { drainMs: 20_000 });
    using channel = dial(server.port, await materialOf(ca));
    const stream = echoStream(channel);
    stream.write(Buffer.from('1'));
    await once(stream, 'data');
    const disposed = server[Symbol.asyncDispose]();
    stream.write(Buffer.from('2'));
    expect(String((await once(stream, 'data'))[0])).toBe('2');
    stream.end();
    stream.resume();
    await disposed;
  });

  it('cuts those that stay open longer', async () => {
    const server = await startEcho(await materialOf(ca), { drainMs: 50 });
    using channel = dial(server.port, await materialOf(ca));
    const stream = echoStream(channel);
    stream.write(Buffer.from('1'));
    await once(stream, 'data');
    const cut = once(stream, 'error');
    await server[Symbol.asyncDispose]();
    expect(toOperationalError((await cut)[0]).retryable).toBe(true);
  });

  it('frees its port; a port that is taken is bind_failed', async () => {
    const tls = await materialOf(ca);
    const server = await startEcho(tls);
    await expect(startEcho(tls, { port: server.port })).rejects.toMatchObject({ code: 'bind_failed' });
    await server[Symbol.asyncDispose]();
    await using again = await startEcho(tls, { port: server.port });
    expect(again.port).toBe(server.port);
  });
});

/** An HTTP proxy for CONNECT; it always connects to `port`, or refuses when there is none. */
async function connectProxy(port: number | undefined) {
  const asked: { target: string | undefined; authorization: string | undefined }[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, client) => {
    asked.push({ target: request.url, authorization: request.headers['proxy-authorization'] });
    client.on('error', () => undefined);
    if (port === undefined) return void client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const address = proxy.address();
  return {
    asked,
    port: typeof address === 'object' ? address?.port : undefined,
    async [Symbol.asyncDispose]() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
