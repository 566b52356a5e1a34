import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';

/** One request, taken apart. */
export interface ApiRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly stream: ServerHttp2Stream;
}

/** Answers with a whole JSON document. */
export function answerJson(stream: ServerHttp2Stream, document: object, status = 200): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': status, 'content-type': 'application/json' });
  stream.end(JSON.stringify(document));
}

/** Answers with a Status, as the API server does for what goes wrong. */
export function answerStatus(stream: ServerHttp2Stream, code: number, reason: string, message: string): void {
  answerJson(
    stream,
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
    code,
  );
}

/** Writes, and waits while the client's receive window is full. False once the client has gone. */
export async function write(stream: ServerHttp2Stream, text: string): Promise<boolean> {
  if (stream.destroyed || stream.writableEnded) return false;
  if (stream.write(text)) return true;
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  stream.once('close', onClose);
  try {
    await once(stream, 'drain', { signal: gone.signal });
    return true;
  } catch (error) {
    if (gone.signal.aborted) return false;
    throw error;
  } finally {
    stream.off('close', onClose);
  }
}
