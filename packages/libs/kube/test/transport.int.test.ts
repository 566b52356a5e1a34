import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { certificateAuthority, eventually, freePort, startTcpProxy, tempDir } from '@kestrel/testkit';
import { describe, expect, it } from 'vitest';
import { inClusterClient } from '../src/index.ts';
import { answer, answerStatus, answerWatch, startFakeApi } from './fake-api.ts';
import { silentLog } from './following.ts';

const never = new AbortController().signal;

describe('a client', () => {
  it('given many requests at once, when sent, then all share one session', async () => {
    await using api = await startFakeApi();
    const client = api.client();
    api.handler = (request) => answer(request, 200, { path: request.path });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => client.get(`/x/${i}`)));
    expect(answers.map((one) => one.body.toString())).toEqual(answers.map((_, i) => `{"path":"/x/${i}"}`));
    expect(api.sessions.size).toBe(1);
  });

  it('given the token file changes, when the server refuses the old token, then the next request has the new one', async () => {
    await using api = await startFakeApi();
    const client = api.client();
    api.handler = (request) =>
      request.headers.authorization === 'Bearer token-2' ? answer(request, 200, {}) : answerStatus(request, 401, 'no');
    await expect(client.get('/x')).rejects.toMatchObject({ code: 'kube_unauthorized', status: 401 });
    await writeFile(api.tokenFile, 'token-2');
    await expect(client.get('/x')).resolves.toMatchObject({ status: 200 });
  });

  it('given 429 with Retry-After, when asked, then the error says how long', async () => {
    await using api = await startFakeApi();
    api.handler = (request) => answerStatus(request, 429, 'slow down', { 'retry-after': '3' });
    await expect(api.client().get('/x')).rejects.toMatchObject({ code: 'kube_throttled', retryAfterMs: 3000 });
  });

  it('given a server that does not answer, when the deadline passes, then get and stream reject, and the server sees it', async () => {
    await using api = await startFakeApi();
    const client = api.client();
    api.handler = () => undefined;
    await expect(client.get('/x', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'kube_timeout' });
    await expect(client.stream('/y', { timeoutMs: 50, signal: never })).rejects.toMatchObject({ code: 'kube_timeout' });
    await eventually(() => api.requests.length === 2 && api.requests.every((request) => request.stream.closed));
  });

  it('given the body of a stream, when it takes longer than the deadline of the head, then it goes on', async () => {
    await using api = await startFakeApi();
    api.handler = (request) => {
      answerWatch(request).raw('a');
      setTimeout(() => request.stream.end('b'), 150);
    };
    const { body } = await api.client().stream('/x', { timeoutMs: 100, signal: never });
    let text = '';
    for await (const chunk of body) text += chunk.toString();
    expect(text).toBe('ab');
  });

  it('given an open stream, when the signal is aborted, then reading rejects with its reason and the server sees the end', async () => {
    await using api = await startFakeApi();
    api.handler = (request) => answerWatch(request).raw('a');
    const stop = new AbortController();
    const { body } = await api.client().stream('/x', { signal: stop.signal });
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();
    const reading = iterator.next();
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await eventually(() => api.requests[0]?.stream.closed === true);
  });

  it('given an answer nobody reads, when the signal is aborted, then the server sees the end', async () => {
    await using api = await startFakeApi();
    api.handler = (request) => answerWatch(request).raw('a');
    const stop = new AbortController();
    await api.client().stream('/x', { signal: stop.signal });
    stop.abort();
    await expect(eventually(() => api.requests[0]?.stream.closed === true)).resolves.toBe(true);
  });

  it('given a consumer that does not read, when the server sends for ever, then it is stopped by the window', async () => {
    await using api = await startFakeApi();
    const windowBytes = 128 * 1024;
    let written = 0;
    api.handler = ({ stream }) => {
      stream.respond({ ':status': 200 });
      const chunk = Buffer.alloc(16 * 1024, 'x');
      const more = () => {
        let taken = true;
        while (taken && written < 64 * 1024 * 1024) {
          taken = stream.write(chunk);
          written += chunk.length;
        }
      };
      stream.on('drain', more);
      more();
    };
    const client = api.client({ limits: { streamWindowBytes: windowBytes } });
    const slow = await client.stream('/slow', { signal: never });
    let before = -1;
    await eventually(
      () => {
        const same = written === before && written > 0;
        before = written;
        return same;
      },
      { intervalMs: 200 },
    );
    expect(written).toBeLessThan(8 * windowBytes);
    // Positive control: another stream of the same session passes.
    api.handler = (request) => answer(request, 200, 'y'.repeat(1024 * 1024));
    await expect(client.get('/other')).resolves.toMatchObject({ status: 200 });
    // And the slow one goes on when it is read.
    const stoppedAt = written;
    for await (const _ of slow.body) if (written > stoppedAt + windowBytes) break;
    expect(written).toBeGreaterThan(stoppedAt);
  });

  it('given an answer larger than the limit, when asked, then it is refused', async () => {
    await using api = await startFakeApi();
    api.handler = (request) => answer(request, 200, 'y'.repeat(2000));
    const client = api.client({ limits: { bodyBytesMax: 1000 } });
    await expect(client.get('/x')).rejects.toMatchObject({ code: 'kube_body_too_large', retryable: false });
  });

  it('given GOAWAY, when another request is sent, then it takes a new session and the open stream ends in order', async () => {
    await using api = await startFakeApi();
    const client = api.client();
    api.handler = (request) => answerWatch(request).raw('a');
    const { body } = await client.stream('/x', { signal: never });
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();
    for (const session of api.sessions) session.goaway();
    api.handler = (request) => answer(request, 200, {});
    await eventually(async () => (await client.get('/y')).status === 200 && api.sessions.size === 2);
    api.requests[0]?.stream.end('b');
    await expect(iterator.next()).resolves.toMatchObject({ value: Buffer.from('b') });
    await expect(iterator.next()).resolves.toMatchObject({ done: true });
  });
});

describe('a link', () => {
  const limits = { pingIntervalMs: 100, pingTimeoutMs: 200 };

  it('given a half-open link, when nothing passes, then open streams fail and the next request has a new connection', async () => {
    await using api = await startFakeApi();
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: api.port } });
    const client = api.client({ limits, port: proxy.port });
    api.handler = (request) => answerWatch(request).raw('a');
    const { body } = await client.stream('/x', { signal: never });
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();
    proxy.stall();
    await expect(iterator.next()).rejects.toMatchObject({
      code: 'kube_unreachable',
      message: expect.stringContaining('PING'),
    });
    proxy.resume();
    api.handler = (request) => answer(request, 200, {});
    await expect(client.get('/y')).resolves.toMatchObject({ status: 200 });
  });

  it('given a slow link that is busy for longer than the PING deadline, when bytes pass, then it is not broken off', async () => {
    await using api = await startFakeApi();
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: api.port }, bytesPerSecond: 400_000 });
    const client = api.client({ limits, port: proxy.port });
    const size = 600_000;
    api.handler = (request) => answer(request, 200, 'y'.repeat(size));
    const { body } = await client.get('/x');
    expect(body.length).toBe(size);
  });

  it('given an idle link, when many PINGs were answered, then the same session serves the next request', async () => {
    await using api = await startFakeApi();
    const client = api.client({ limits: { pingIntervalMs: 20, pingTimeoutMs: 1000 } });
    api.handler = (request) => answer(request, 200, {});
    await client.get('/x');
    let pings = 0;
    for (const session of api.sessions) session.on('ping', () => (pings += 1));
    await eventually(() => pings >= 10);
    await client.get('/y');
    expect(new Set(api.requests.map((request) => request.stream.session)).size).toBe(1);
  });

  it('given a cut in the middle of an answer, when it is read, then it rejects', async () => {
    await using api = await startFakeApi();
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: api.port } });
    const client = api.client({ port: proxy.port });
    api.handler = (request) => answerWatch(request).raw('{"half":');
    const reading = client.get('/x');
    await eventually(() => api.requests.length === 1);
    proxy.cut();
    await expect(reading).rejects.toMatchObject({ code: 'kube_unreachable' });
  });

  it.each<[string, (stream: ServerHttp2Stream) => void]>([
    ['a stream that the server resets', (stream) => stream.destroy(new Error('reset'))],
    ['a session that the server ends', (stream) => stream.session?.destroy()],
  ])('given %s in the middle of an answer, when it is read, then it does not look like an end', async (_, end) => {
    await using api = await startFakeApi();
    api.handler = (request) => {
      answerWatch(request).raw('{"half":');
      setTimeout(() => end(request.stream), 20);
    };
    await expect(api.client().get('/x')).rejects.toMatchObject({ code: 'kube_unreachable' });
  });
});

describe('a connection that can not be made', () => {
  it('given a port nobody listens on, then kube_unreachable', async () => {
    await using api = await startFakeApi();
    const client = api.client({ port: await freePort() });
    await expect(client.get('/x')).rejects.toMatchObject({ code: 'kube_unreachable', retryable: true });
  });

  it('given another CA, then kube_tls_untrusted', async () => {
    await using api = await startFakeApi();
    await using other = await startFakeApi();
    await expect(api.client({ caFile: other.caFile }).get('/x')).rejects.toMatchObject({ code: 'kube_tls_untrusted' });
    expect(api.requests).toEqual([]);
  });

  it('given an expired certificate, then kube_tls_expired', async () => {
    await using api = await startFakeApi({ notAfter: new Date(Date.now() - 1000) });
    await expect(api.client().get('/x')).rejects.toMatchObject({ code: 'kube_tls_expired' });
  });

  it('given a certificate for another name, then kube_tls_name_mismatch', async () => {
    await using api = await startFakeApi({ dnsNames: ['other'] });
    await expect(api.client().get('/x')).rejects.toMatchObject({ code: 'kube_tls_name_mismatch' });
  });

  it('given a server that speaks HTTP/1.1 only, then kube_http2_required', async () => {
    await using dir = await tempDir();
    const ca = await certificateAuthority();
    const leaf = await ca.issue({ commonName: 'old', dnsNames: ['localhost'], serverAuth: true });
    const server = createHttpsServer({ cert: leaf.certPem, key: leaf.keyPem }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using stack = new AsyncDisposableStack();
    stack.defer(() => void server.close());
    const files = { tokenFile: `${dir.path}/token`, caFile: `${dir.path}/ca` };
    await writeFile(files.tokenFile, 't');
    await writeFile(files.caFile, ca.certPem);
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await using client = inClusterClient({ ...files, host: 'localhost', port, log: silentLog });
    await expect(client.get('/x')).rejects.toMatchObject({
      code: 'kube_http2_required',
      message: expect.stringContaining('http/1.1'),
    });
  });

  it('given a server that accepts and says nothing, then kube_timeout', async () => {
    await using api = await startFakeApi();
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: api.port } });
    proxy.stall();
    const client = api.client({ port: proxy.port, limits: { connectTimeoutMs: 100 } });
    await expect(client.get('/x')).rejects.toMatchObject({ code: 'kube_timeout' });
  });

  it('given no token file, then kube_credentials, and once it is there the request passes', async () => {
    await using api = await startFakeApi();
    await using dir = await tempDir();
    const tokenFile = `${dir.path}/token`;
    await using client = inClusterClient({
      tokenFile,
      caFile: api.caFile,
      host: 'localhost',
      port: api.port,
      log: silentLog,
    });
    api.handler = (request) => answer(request, 200, {});
    await expect(client.get('/x')).rejects.toMatchObject({ code: 'kube_credentials', retryable: true });
    await writeFile(tokenFile, '\n');
    await expect(client.get('/x')).rejects.toMatchObject({ code: 'kube_credentials' });
    await writeFile(tokenFile, 'token');
    await expect(client.get('/x')).resolves.toMatchObject({ status: 200 });
  });

  it('given a closed client, when asked, then it rejects and makes no connection', async () => {
    await using api = await startFakeApi();
    const client = api.client();
    await client[Symbol.asyncDispose]();
    await expect(client.get('/x')).rejects.toMatchObject({ code: 'kube_unreachable', retryable: false });
    expect(api.sessions.size).toBe(0);
  });
});
