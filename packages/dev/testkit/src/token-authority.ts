import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';

import { z } from 'zod';

/** Who a bearer token stands for; Kubernetes adds the group `system:authenticated` itself. */
export interface TokenUser {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Issues bearer tokens at any time and answers for them as Kubernetes' webhook token authenticator. */
export interface TokenAuthority extends AsyncDisposable {
  /** Where it answers TokenReviews, on 127.0.0.1. */
  readonly url: string;
  issue(user: TokenUser): string;
  /** From now on the token stands for nobody. */
  revoke(token: string): void;
}

const reviewSchema = z.object({ apiVersion: z.string(), spec: z.object({ token: z.string() }) });

/** Starts it. */
export async function startTokenAuthority(): Promise<TokenAuthority> {
  const users = new Map<string, TokenUser>();
  const server = createServer((request, response) => {
    void review(request, users).then(
      (answer) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(400).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    issue: (user) => {
      const token = `kestrel-test-${randomBytes(24).toString('base64url')}`;
      users.set(token, user);
      return token;
    },
    revoke: (token) => void users.delete(token),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function review(request: IncomingMessage, users: ReadonlyMap<string, TokenUser>): Promise<unknown> {
  const { apiVersion, spec } = reviewSchema.parse(await json(request));
  const known = users.get(spec.token);
  const status = known
    ? { authenticated: true, user: { username: known.user, groups: known.groups } }
    : { authenticated: false };
  return { apiVersion, kind: 'TokenReview', status };
}
