import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Health } from './health.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { redactedJson } from './redacted-json.ts';
import type { StatusBoard } from './status-board.ts';

const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;
const idleTimeoutMs = 5_000;
const headerBytesMax = 8 * 1024;
const connectionsMax = 64;

export interface AdminServerOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Gets the bound port as text, written whole; removed when the server stops. */
  portFile?: string | undefined;
  health: Health;
  metrics: Metrics;
  status: StatusBoard;
  log: Logger;
}

export interface AdminServer extends AsyncDisposable {
  readonly port: number;
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

/**
 * What a kubelet, Prometheus and kestrelctl ask: /livez (the event loop answers), /readyz (200 or 503, with each
 * component's reason), /metrics, /statusz. GET and HEAD only, bounded in connections, headers and time. It shows no
 * secrets and takes no commands, therefore it has no authentication: NetworkPolicies decide who reaches it.
 */
export async function adminServer(options: AdminServerOptions): Promise<AdminServer> {
  const limits = { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs, maxHeaderSize: headerBytesMax };
  const server = createServer({ ...limits, keepAliveTimeout: idleTimeoutMs }, (request, response) => {
    void respond(options, request, response);
  });
  server.maxConnections = connectionsMax;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the admin server has no TCP address');
  const { portFile } = options;
  if (portFile !== undefined) await writeWhole(portFile, `${address.port}\n`);
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      if (portFile !== undefined) await rm(portFile, { force: true });
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(options: AdminServerOptions, request: IncomingMessage, response: ServerResponse) {
  const answer = await answerTo(options, request).catch((error: unknown): Answer => {
    options.log.error({ err: error, path: request.url }, 'admin request fails');
    return text(500, 'internal error\n');
  });
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    ...(answer.status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

async function answerTo(options: AdminServerOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET\n');
  switch ((request.url ?? '').replace(/\?.*/, '')) {
    case '/livez':
      return text(200, 'ok\n');
    case '/readyz': {
      const readiness = options.health.readiness();
      return json(readiness.ready ? 200 : 503, readiness);
    }
    case '/metrics':
      return { status: 200, type: options.metrics.contentType, body: await options.metrics.metrics() };
    case '/statusz':
      return json(200, options.status.read());
    default:
      return text(404, 'try /livez, /readyz, /metrics or /statusz\n');
  }
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

function json(status: number, body: unknown): Answer {
  return { status, type: 'application/json', body: `${redactedJson(body)}\n` };
}

async function writeWhole(path: string, content: string): Promise<void> {
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}
