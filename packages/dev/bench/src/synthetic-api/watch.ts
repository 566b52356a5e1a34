import type { ServerHttp2Stream } from 'node:http2';
import { setInterval as every } from 'node:timers/promises';
import { type ApiRequest, answerStatus, write } from './answer.ts';
import { apiVersion, type ServedKind } from './served-kinds.ts';
import type { Change, SyntheticCluster } from './synthetic-cluster.ts';

/** A real server sends them about once a minute; clients may rely on less. */
const BOOKMARK_INTERVAL_MS = 30_000;
const TIMEOUT_DEFAULT_SECONDS = 1_800;
/** Changes that wait for one slow watcher before its watch is ended, as a real server does. */
const PENDING_CHANGES_MAX = 100_000;

/** All open watches of pods, and how they hear of changes. */
export class PodWatches {
  readonly #open = new Set<(change: Change) => void>();

  publish(change: Change): void {
    for (const tell of this.#open) tell(change);
  }

  subscribe(tell: (change: Change) => void): Disposable {
    this.#open.add(tell);
    return { [Symbol.dispose]: () => void this.#open.delete(tell) };
  }
}

/** What a watch needs of its server. */
export interface WatchScope {
  readonly cluster: SyntheticCluster;
  readonly watches: PodWatches;
  readonly refusesWatchList: boolean;
}

/** A watch: from a version, or with all objects first (WatchList, KEP-3157). Ends after `timeoutSeconds`. */
export async function answerWatch(request: ApiRequest, kind: ServedKind, scope: WatchScope): Promise<void> {
  const { stream, query } = request;
  const initial = query.get('sendInitialEvents') === 'true';
  if (initial && scope.refusesWatchList) {
    const why = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
    return answerStatus(
      stream,
      422,
      'Invalid',
      `ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: ${why}`,
    );
  }
  if (initial && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    return answerStatus(
      stream,
      422,
      'Invalid',
      'resourceVersionMatch: Forbidden: NotOlderThan is required with sendInitialEvents',
    );
  }
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  const timeoutMs = Number(query.get('timeoutSeconds') ?? TIMEOUT_DEFAULT_SECONDS) * 1_000;
  const end = setTimeout(() => stream.end(), timeoutMs);
  stream.once('close', () => clearTimeout(end));
  const isPods = kind.plural === 'pods';
  let from = Number(query.get('resourceVersion') ?? 0);
  if (initial) {
    from = scope.cluster.version;
    if (isPods && !(await sendAll(stream, scope.cluster))) return;
    if (!(await write(stream, bookmark(kind, from, true)))) return;
  }
  await Promise.all([
    isPods ? sendChanges(stream, scope, from) : Promise.resolve(),
    sendBookmarks(stream, kind, scope.cluster),
  ]);
}

/** One write for each object, as a real server flushes them. */
async function sendAll(stream: ServerHttp2Stream, cluster: SyntheticCluster): Promise<boolean> {
  for (let index = 0; index < cluster.pods; index += 1) {
    if (!(await write(stream, `{"type":"ADDED","object":${cluster.text(index)}}\n`))) return false;
  }
  return true;
}

async function sendChanges(stream: ServerHttp2Stream, scope: WatchScope, from: number): Promise<void> {
  const pending: Change[] = [];
  let wake = Promise.withResolvers<void>();
  const closed = new Promise<void>((resolve) => void stream.once('close', resolve));
  using _subscription = scope.watches.subscribe((change) => {
    pending.push(change);
    wake.resolve();
    if (pending.length > PENDING_CHANGES_MAX) stream.close();
  });
  pending.unshift(...scope.cluster.changesAfter(from));
  while (!stream.destroyed) {
    for (const change of pending.splice(0)) {
      if (!(await write(stream, `{"type":"MODIFIED","object":${scope.cluster.textAt(change)}}\n`))) return;
    }
    wake = Promise.withResolvers<void>();
    if (pending.length === 0) await Promise.race([wake.promise, closed]);
  }
}

async function sendBookmarks(stream: ServerHttp2Stream, kind: ServedKind, cluster: SyntheticCluster): Promise<void> {
  const closed = new AbortController();
  stream.once('close', () => closed.abort());
  try {
    for await (const _ of every(BOOKMARK_INTERVAL_MS, undefined, { signal: closed.signal })) {
      // A bookmark says that everything up to its version was sent; on a watch that lags it would not be true.
      if (stream.writableLength === 0) await write(stream, bookmark(kind, cluster.version, false));
    }
  } catch (error) {
    if (!closed.signal.aborted) throw error;
  }
}

function bookmark(kind: ServedKind, version: number, end: boolean): string {
  const annotations = end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const object = {
    kind: kind.kind,
    apiVersion: apiVersion(kind),
    metadata: { resourceVersion: String(version), creationTimestamp: null, ...annotations },
  };
  return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
}
