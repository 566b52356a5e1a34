import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { OperationalError, type Logger } from '@kestrel/runtime';
import { toJson } from './json.ts';

/** What a route is asked. */
export interface ControlRequest {
  readonly query: URLSearchParams;
  /** The body's JSON; undefined for GET. */
  readonly body: unknown;
  readonly signal: AbortSignal;
}

/** A route answers with something that becomes JSON, or with the lines of a stream. */
export type ControlAnswer = { readonly json: unknown } | { readonly lines: AsyncIterable<string> };

/** `GET /path` or `POST /path` → what answers it. */
export type ControlRoutes = Readonly<
  Record<string, (request: ControlRequest) => Promise<ControlAnswer> | ControlAnswer>
>;

const host = '127.0.0.1';
const bodyBytesMax = 4 * 1024 * 1024;
const tokenBytes = 32;

/**
 * Serves the routes over HTTP on 127.0.0.1. Every call needs the bearer token, made anew at each start and written to
 * `tokenFile` (readable by the owner only).
 */
export async function startControlServer(o: {
  readonly port: number;
  readonly tokenFile: string;
  readonly routes: ControlRoutes;
  readonly log: Logger;
}): Promise<AsyncDisposable & { readonly port: number }> {
  const token = randomBytes(tokenBytes).toString('base64url');
  writeFileSync(o.tokenFile, token, { mode: 0o600 });
  const server = createServer((request, response) => {
    answer(request, response, { ...o, token }).catch((error: unknown) => {
      if (!response.headersSent) return sendError(response, error, o.log);
      o.log.warn({ err: error }, 'an answer breaks off');
      return response.destroy();
    });
  });
  server.listen(o.port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the control server does not listen on a port');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  o: { readonly token: string; readonly routes: ControlRoutes },
): Promise<void> {
  if (!authorized(request.headers.authorization, o.token)) return send(response, 401, { error: 'the token is wrong' });
  const url = new URL(request.url ?? '/', `http://${host}`);
  const route = o.routes[`${request.method} ${url.pathname}`];
  if (!route) return send(response, 404, { error: `there is no ${request.method} ${url.pathname}` });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const body = request.method === 'POST' ? await readBody(request) : undefined;
  const found = await route({ query: url.searchParams, body, signal: gone.signal });
  if ('json' in found) return send(response, 200, found.json);
  response.writeHead(200, { 'content-type': 'application/jsonl' });
  response.flushHeaders();
  for await (const line of found.lines) {
    if (!response.write(line)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (gone.signal.aborted) return undefined;
  }
  response.end();
}

function authorized(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('an HTTP body comes in buffers');
    sizeBytes += chunk.byteLength;
    if (sizeBytes > bodyBytesMax) throw badRequest('the body is too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw badRequest('the body is not JSON', cause);
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${toJson(value)}\n`);
}

/** What the caller did wrong is said to them; anything else is ours, and is only logged. */
function sendError(response: ServerResponse, error: unknown, log: Logger): void {
  if (error instanceof z.ZodError) return send(response, 400, { error: z.prettifyError(error) });
  if (error instanceof OperationalError) return send(response, 400, { error: error.message, code: error.code });
  log.error({ err: error }, 'a control call fails');
  return send(response, 500, { error: 'the call failed; the log says why' });
}

/** An error that says what the caller did wrong. */
export function badRequest(message: string, cause?: unknown): OperationalError {
  return new OperationalError('bad_request', message, { retryable: false, cause });
}
