import { once } from 'node:events';
import { createServer } from 'node:https';

/** An OAuth2 issuer of one client: discovery and a token endpoint. Each token is `token-<n>`. */
export interface Issuer extends AsyncDisposable {
  readonly url: string;
  readonly issued: string[];
  /** While set, the token endpoint answers 401. */
  refuses: boolean;
}

export async function startIssuer(tls: { certPem: string; keyPem: string }): Promise<Issuer> {
  const server = createServer({ cert: tls.certPem, key: tls.keyPem });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the issuer has no port');
  const issuer: Issuer = {
    url: `https://localhost:${address.port}`,
    issued: [],
    refuses: false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('request', (request, response) => {
    request.resume();
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.url === '/.well-known/openid-configuration') {
      const methods = ['client_secret_basic'];
      const token_endpoint = `${issuer.url}/token`;
      answer(200, { issuer: issuer.url, token_endpoint, token_endpoint_auth_methods_supported: methods });
    } else if (issuer.refuses) answer(401, { error: 'invalid_client' });
    else {
      const token = `token-${issuer.issued.length + 1}`;
      issuer.issued.push(token);
      answer(200, { access_token: token, token_type: 'Bearer', expires_in: 3_600 });
    }
  });
  return issuer;
}
