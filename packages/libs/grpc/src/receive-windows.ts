import { channel } from 'node:diagnostics_channel';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

/** Node's own announcement of each new server stream (Node ≥ 24); its message is `{ stream, headers }`. */
const streamCreated = 'http2.server.stream.created';

/**
 * Widens the receive windows of every HTTP/2 session that a server on `port` accepts: grpc-js sets them in the client
 * only (grpc-node pull request 3058), and the default of 64 KB caps an upload at 64 KB per round trip; over 50 ms that
 * is 0.7 MB/s, with 4 MB it was 36.9. The announcement is process-wide, so sessions are chosen by their local port and
 * remembered. A session is widened when its first stream opens, which is before its first byte of data.
 */
export function widenReceiveWindows(port: number, windowBytes: number): Disposable {
  const seen = new WeakSet<ServerHttp2Session>();
  const onStream = (message: unknown) => {
    const session = sessionOf(message);
    if (session === undefined || session.destroyed || session.socket.localPort !== port || seen.has(session)) return;
    seen.add(session);
    session.setLocalWindowSize(windowBytes);
    session.settings({ initialWindowSize: windowBytes });
  };
  const announcements = channel(streamCreated);
  announcements.subscribe(onStream);
  return { [Symbol.dispose]: () => announcements.unsubscribe(onStream) };
}

function sessionOf(message: unknown): ServerHttp2Session | undefined {
  return isAnnouncement(message) ? message.stream.session : undefined;
}

function isAnnouncement(message: unknown): message is { stream: ServerHttp2Stream & { session?: ServerHttp2Session } } {
  return typeof message === 'object' && message !== null && 'stream' in message;
}
