import * as z from 'zod';
import type { Cloud } from '../cloud.ts';
import type { Cluster } from '../cluster.ts';
import type { EventQuery } from '../store/store-reader.ts';
import { commandRequestSchema } from './command-desk.ts';
import type { ControlAnswer, ControlRequest, ControlRoutes } from './control-server.ts';
import { eventLine } from './event-line.ts';
import { faultRequestSchema } from './fault-request.ts';

const eventsPageMax = 500;
const sequence = z.string().regex(/^\d{1,18}$/, 'must be a sequence');
const eventsQuery = z.object({
  stream: z.string().min(1),
  epoch: z.string().optional(),
  after: sequence.transform(BigInt).optional(),
  follow: z.enum(['true', 'false']).default('false'),
  limit: z.coerce.number().int().min(1).default(Number.MAX_SAFE_INTEGER),
});
const fileBody = z.strictObject({ file: z.string().startsWith('/', 'must be an absolute path') });
const clusterBody = z.strictObject({ name: z.string() });
const rawCommandBody = z.strictObject({
  id: z.string(),
  signed: z.string(),
  ttlMs: z.int().min(1).max(3_600_000).default(60_000),
  waitMs: z.int().min(0).max(60_000).default(10_000),
});

/** What can be read of a cluster, by its path. */
const reads: Readonly<Record<string, (cluster: Cluster) => unknown>> = {
  'GET /inventory': ({ reader }) =>
    reader.inventory().map(({ data, ...object }) => ({ ...object, resource: json(data) })),
  'GET /cursors': ({ reader }) => reader.cursors(),
  'GET /counts': ({ reader }) => reader.counts(),
  'GET /violations': ({ reader }) => reader.violations(),
  'GET /gaps': ({ reader }) => reader.gaps(),
  'GET /epochs': ({ reader }) => reader.epochs(),
  'GET /snapshots': ({ reader }) => reader.snapshots(),
  'GET /sessions': ({ reader }) => reader.sessions(),
  'GET /rejected': ({ reader }) => reader.rejected(),
  'GET /commands': ({ reader }) => reader.commands(),
  'GET /receipts': ({ reader }) => reader.receipts(),
};

/** The control API; `onboard` brings a cluster in and says what is to be answered. */
export function controlRoutes(cloud: Cloud, onboard: (name: string) => unknown): ControlRoutes {
  const read = Object.entries(reads).map(
    ([path, from]) => [path, (request: ControlRequest) => ({ json: from(cloud.cluster(named(request))) })] as const,
  );
  return {
    ...Object.fromEntries(read),
    'GET /status': () => ({ json: cloud.status() }),
    'GET /events': (request) => ({ lines: eventLines(cloud.cluster(named(request)), request) }),
    'GET /faults': () => ({ json: cloud.faults.state }),
    'POST /faults': (request) => {
      const { forgotten } = cloud.applyFaults(faultRequestSchema.parse(request.body), named(request));
      return { json: { ...cloud.faults.state, forgotten } };
    },
    'POST /clusters': ({ body }) => ({ json: onboard(clusterBody.parse(body).name) }),
    'POST /commands': async (request) =>
      answer(await cloud.issueCommand(commandRequestSchema.parse(request.body), named(request))),
    'POST /commands/raw': async (request) =>
      answer(await cloud.sendSigned(rawCommandBody.parse(request.body), named(request))),
    'POST /backup': (request) => {
      const { file } = fileBody.parse(request.body);
      cloud.cluster(named(request)).backup(file);
      return { json: { file } };
    },
    'POST /restore': (request) => {
      const { file } = fileBody.parse(request.body);
      cloud.cluster(named(request)).restore(file);
      return { json: { file } };
    },
  };
}

/** The cluster that a request names, if it does. */
const named = ({ query }: ControlRequest): string | undefined => query.get('cluster') ?? undefined;

const answer = (value: unknown): ControlAnswer => ({ json: value });

function json(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
}

/** The events of a stream as lines; with `follow` also those that are still to come. */
async function* eventLines(cluster: Cluster, { query, signal }: ControlRequest): AsyncGenerator<string> {
  const { follow, limit, epoch, ...asked } = eventsQuery.parse(Object.fromEntries(query));
  const page: EventQuery = {
    stream: asked.stream,
    limit: Math.min(eventsPageMax, limit),
    ...(epoch === undefined ? {} : { epoch }),
    ...(asked.after === undefined ? {} : { after: asked.after }),
  };
  let afterArrival = cluster.reader.arrivalAfter(page);
  let left = limit;
  using news = new Bell(cluster, signal);
  while (left > 0 && !signal.aborted) {
    const rows = cluster.reader.events({ ...page, afterArrival, limit: Math.min(eventsPageMax, left) });
    for (const row of rows) {
      yield eventLine(row);
      afterArrival = row.arrival;
    }
    left -= rows.length;
    if (rows.length > 0) continue;
    if (follow === 'false') return;
    await news.next();
  }
}

/** Rings when the cluster has committed something, or when the asker is gone. */
class Bell implements Disposable {
  readonly #stop: () => void;
  #rung = Promise.withResolvers<void>();

  constructor(cluster: Cluster, signal: AbortSignal) {
    const ring = () => this.#rung.resolve();
    const stopListening = cluster.onCommit(ring);
    signal.addEventListener('abort', ring);
    this.#stop = () => {
      stopListening();
      signal.removeEventListener('abort', ring);
    };
  }

  async next(): Promise<void> {
    await this.#rung.promise;
    this.#rung = Promise.withResolvers();
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}
