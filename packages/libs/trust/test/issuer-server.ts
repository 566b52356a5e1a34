import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { portOf } from './port-of.ts';

/** One request to the token endpoint. */
export interface TokenCall {
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

/** What the token endpoint answers. */
export interface TokenAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

/** An OAuth2 issuer made by hand: discovery and a token endpoint over https, whose answers the test decides. */
export interface IssuerServer extends AsyncDisposable {
  readonly issuer: string;
  readonly port: number;
  readonly calls: TokenCall[];
  discoveries: number;
  /** Called for each token request; the default gives `token-<n>` for an hour. */
  answer: (call: TokenCall, n: number) => TokenAnswer | Promise<TokenAnswer>;
  /** Discovery document; replaces the good one. */
  document: unknown;
}

export function tokenFor(n: number, expiresIn: number | undefined = 3_600): TokenAnswer {
  return { status: 200, body: { access_token: `token-${n}`, token_type: 'Bearer', expires_in: expiresIn } };
}

export async function issuerServer(tls: { certPem: string; keyPem: string }): Promise<IssuerServer> {
  const server = createServer({ cert: tls.certPem, key: tls.keyPem });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server.address());
  const issuer = `https://localhost:${port}`;
  const state: IssuerServer = {
    issuer,
    port,
    calls: [],
    discoveries: 0,
    answer: (_, n) => tokenFor(n),
    document: {
      issuer,
      token_endpoint: `${issuer}/token`,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
    },
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    serve(state, request).then(
      (answer) => {
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
        response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  return state;
}

async function serve(state: IssuerServer, request: IncomingMessage): Promise<TokenAnswer> {
  if (request.url === '/.well-known/openid-configuration') {
    state.discoveries += 1;
    return { status: 200, body: state.document };
  }
  if (request.url !== '/token' || request.method !== 'POST') return { status: 404, body: {} };
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const call = {
    authorization: request.headers.authorization,
    form: new URLSearchParams(Buffer.concat(chunks).toString()),
  };
  state.calls.push(call);
  return await state.answer(call, state.calls.length);
}
