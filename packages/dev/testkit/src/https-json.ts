import { once } from 'node:events';
import { Agent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

/** One call of the API. */
export interface HttpsCall {
  readonly method: string;
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default: application/json. */
  readonly contentType?: string;
  /** Instead of the client's own. */
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** What came back; the body is parsed where the server says that it is JSON, else text. */
export interface HttpsAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** How long one call may take; a server that is paused would otherwise hold a test for ever. */
const callTimeoutMs = 30_000;

/** A small HTTPS client that trusts one CA and sends one bearer token. It never throws on a status. */
export function httpsClient(o: {
  url: string;
  caPem: string;
  token: string;
}): (call: HttpsCall) => Promise<HttpsAnswer> {
  const agent = new Agent({ ca: o.caPem, keepAlive: true });
  return async (call) => {
    const payload = call.body === undefined ? undefined : JSON.stringify(call.body);
    const outgoing = httpsRequest(new URL(call.path, o.url), {
      agent,
      method: call.method,
      signal: call.signal ?? AbortSignal.timeout(callTimeoutMs),
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${call.token ?? o.token}`,
        ...(payload === undefined ? {} : bodyHeaders(payload, call.contentType)),
      },
    });
    outgoing.end(payload);
    const [response] = await once(outgoing, 'response');
    const body = await text(response);
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    return { status: response.statusCode, body: isJson ? JSON.parse(body) : body };
  };
}

/** The length too: Node leaves it out of a DELETE, and the server would take the body for the next request. */
function bodyHeaders(payload: string, contentType = 'application/json'): Record<string, string | number> {
  return { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) };
}
