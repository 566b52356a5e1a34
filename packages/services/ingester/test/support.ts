import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Bus,
  connectBus,
  HEADER,
  lastPerSubject,
  natsServerConfig,
  orderedReader,
  subjects,
  type UserName,
} from '@kestrel/bus';
import { Resource } from '@kestrel/proto/events';
import { createLogger, type ServiceContext, testContext } from '@kestrel/runtime';
import { type ControlPlane, type NatsServer, startNats, tempDir } from '@kestrel/testkit';
import { jetstreamManager } from '@nats-io/jetstream';
import { createUser } from '@nats-io/nkeys';
import { connect } from '@nats-io/transport-node';
import { z } from 'zod';
import { type IngesterConfig, readConfig, startIngester } from '../src/index.ts';

/** Keys of the users that these tests connect as. */
export interface BusKeys {
  readonly ingester: string;
  readonly inspector: string;
}

/** A real nats-server with the product's accounts and permissions. */
export interface TestBus extends AsyncDisposable {
  readonly server: NatsServer;
  readonly seeds: BusKeys;
}

export async function startTestBus(): Promise<TestBus> {
  const keys = { ingester: createUser(), inspector: createUser() };
  const server = await startNats({
    config: (place) =>
      withOperator(
        natsServerConfig({
          users: {
            ingester: { publicKey: keys.ingester.getPublicKey() },
            inspector: { publicKey: keys.inspector.getPublicKey() },
          },
          port: place.port,
        }),
      ),
  });
  return {
    server,
    seeds: { ingester: seedOf(keys.ingester), inspector: seedOf(keys.inspector) },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function seedOf(key: ReturnType<typeof createUser>): string {
  return Buffer.from(key.getSeed()).toString('utf8');
}

const OPERATOR = { user: 'operator', password: 'operator' };
const configSchema = z.looseObject({
  accounts: z.looseObject({ DATA: z.looseObject({ users: z.array(z.looseObject({})) }) }),
});

/** The configuration with one user more, who has every right in DATA. */
function withOperator(config: string): string {
  const parsed = configSchema.parse(JSON.parse(config));
  parsed.accounts.DATA.users.push(OPERATOR);
  return JSON.stringify(parsed);
}

/** Makes a stream that the product would never make, as a person with every right could. */
export async function createStream(bus: TestBus, config: { name: string; subjects: string[] }): Promise<void> {
  await using operator = await connect({ servers: bus.server.url, user: OPERATOR.user, pass: OPERATOR.password });
  await (await jetstreamManager(operator)).streams.add({ ...config, storage: 'memory' });
}

/** Deletes a stream as a person with every right would. */
export async function deleteStream(bus: TestBus, stream: string): Promise<void> {
  await using operator = await connect({ servers: bus.server.url, user: OPERATOR.user, pass: OPERATOR.password });
  await (await jetstreamManager(operator)).streams.delete(stream);
}

export async function connectAs(bus: TestBus, user: UserName & keyof BusKeys): Promise<Bus> {
  return connectBus({
    servers: [bus.server.url],
    user,
    seed: bus.seeds[user],
    service: 'test',
    instance: 'test',
    log: silentLog(),
  });
}

export function silentLog() {
  return createLogger({ service: 'test', level: 'silent', destination: { write: () => undefined } });
}

/** The environment of an ingester, files included. */
export async function ingesterEnv(
  bus: TestBus,
  plane: ControlPlane,
): Promise<Record<string, string> & AsyncDisposable> {
  const dir = await tempDir('kestrel-ingester-');
  const seedFile = join(dir.path, 'seed');
  await writeFile(seedFile, bus.seeds.ingester);
  await chmod(seedFile, 0o600);
  const env: Record<string, string> = {
    CLUSTER_ID: 'test',
    NATS_URLS: bus.server.url,
    NATS_SEED_FILE: seedFile,
    KUBECONFIG_FILE: plane.kubeconfigFile,
    JOIN_DELAY: '20ms',
    SHRINK_CONFIRM_AFTER: '200ms',
    LEASE_TTL: '3s',
  };
  return Object.assign(env, { [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() });
}

export interface RunningIngester extends AsyncDisposable {
  readonly ctx: ServiceContext<IngesterConfig>;
}

/** An ingester in this process. */
export async function runIngester(
  env: Record<string, string>,
  over: { instance?: string; config?: Partial<IngesterConfig> } = {},
): Promise<RunningIngester> {
  const config = { ...readConfig(env), ...over.config };
  const ctx = testContext(config, { service: 'ingester', instance: over.instance ?? 'ingester-0' });
  const service = await startIngester(ctx);
  return { ctx, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

/** One message of the stream. */
export interface Stored {
  readonly subject: string;
  readonly seq: number;
  readonly type: string;
  readonly digest: string | undefined;
  readonly json: unknown;
}

/** All of KESTREL_RESOURCES by subject, without fences. */
export async function readStream(bus: Bus): Promise<Map<string, Stored>> {
  const read = new Map<string, Stored>();
  for await (const message of lastPerSubject(bus, 'KESTREL_RESOURCES', 'kestrel.resources.>', { log: silentLog() })) {
    if (subjects.parseResource(message.subject) === undefined) continue;
    read.set(message.subject, {
      subject: message.subject,
      seq: message.seq,
      type: message.header('ce-type') ?? '',
      digest: message.header(HEADER.digest),
      json: JSON.parse(Buffer.from(message.data).toString('utf8')),
    });
  }
  return read;
}

/** The record under a subject. @throws Error when there is none */
export async function readRecord(bus: Bus, key: Parameters<typeof subjects.resource>[0]): Promise<Resource> {
  const stored = (await readStream(bus)).get(subjects.resource(key));
  if (stored?.type !== 'ai.usekestrel.resource.observed.v1') throw new Error(`no record of ${key.kind} ${key.name}`);
  return Resource.fromJSON(stored.json);
}

export async function lastSequence(bus: Bus): Promise<number> {
  const manager = await bus.manager();
  return (await manager.streams.info('KESTREL_RESOURCES')).state.last_seq;
}

/** Who wrote each message of the stream (from its ce-id), and where the present fence stands. */
export async function readWriters(bus: Bus): Promise<{ bySeq: Map<number, string>; fenceSeq: number }> {
  const bySeq = new Map<number, string>();
  let fenceSeq = 0;
  for await (const message of lastPerSubject(bus, 'KESTREL_RESOURCES', 'kestrel.resources.>', { log: silentLog() })) {
    if (subjects.parseResource(message.subject) === undefined) fenceSeq = message.seq;
    else bySeq.set(message.seq, (message.header('ce-id') ?? '').split('/')[0] ?? '');
  }
  return { bySeq, fenceSeq };
}

/** All that stands on KESTREL_EVENTS, oldest first. */
export async function readEvents(bus: Bus): Promise<{ type: string; json: unknown }[]> {
  const events: { type: string; json: unknown }[] = [];
  const manager = await bus.manager();
  const { state } = await manager.streams.info('KESTREL_EVENTS');
  if (state.messages === 0) return events;
  const reading = new AbortController();
  const from = {
    stream: 'KESTREL_EVENTS' as const,
    startSeq: state.first_seq,
    signal: reading.signal,
    bytesMax: 1_000_000,
    log: silentLog(),
  };
  for await (const message of orderedReader(bus, from)) {
    events.push({
      type: message.header('ce-type') ?? '',
      json: JSON.parse(Buffer.from(message.data).toString('utf8')),
    });
    if (message.pending === 0) break;
  }
  reading.abort();
  return events;
}
