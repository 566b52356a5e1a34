import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectBus, ensureStreams, eventHeaders, EventIds, natsServerConfig, Publisher, subjects } from '@kestrel/bus';
import type { Bus, StreamName, StreamOverrides, UserName } from '@kestrel/bus';
import { memoryTlsSource } from '@kestrel/grpc';
import type { MemoryTlsSource } from '@kestrel/grpc';
import { EVENT_TYPES } from '@kestrel/proto/events';
import {
  createHealth,
  createLogger,
  createMetrics,
  createStatusBoard,
  systemClock,
  testContext,
} from '@kestrel/runtime';
import type { Health, StatusBoard } from '@kestrel/runtime';
import { certificateAuthority, startNats, tempDir } from '@kestrel/testkit';
import type { Ca, NatsServer } from '@kestrel/testkit';
import { signCommand } from '@kestrel/trust';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import { z } from 'zod';
import { readConfig, startUplink } from '../src/index.ts';
import { startIssuer } from './issuer.ts';
import type { Issuer } from './issuer.ts';
import { ScriptedCloud } from './scripted-cloud.ts';

export const clusterId = 'cluster-1';
const users: readonly UserName[] = ['ingester', 'uplink-data', 'uplink-control', 'executor-control', 'flow-collector'];
const log = createLogger({ service: 'uplink-test', level: 'silent', destination: { write: () => undefined } });

export interface RunningUplink extends AsyncDisposable {
  readonly health: Health;
  readonly status: StatusBoard;
  readonly failures: unknown[];
}

/** A real nats-server, an issuer, a scripted cloud, and uplinks on them. */
export class Fixture implements AsyncDisposable {
  readonly nats: NatsServer;
  readonly issuer: Issuer;
  readonly cloud: ScriptedCloud;
  readonly cloudTls: MemoryTlsSource;
  readonly ca: Ca;
  readonly directory: string;
  readonly #env: Record<string, string>;
  readonly #seeds: ReadonlyMap<UserName, string>;
  readonly #signer: KeyObject;
  readonly #operator: Uint8Array;
  readonly #owned: AsyncDisposableStack;
  readonly #ids = new EventIds('writer', randomUUID());

  private constructor(o: {
    nats: NatsServer;
    issuer: Issuer;
    cloud: ScriptedCloud;
    cloudTls: MemoryTlsSource;
    ca: Ca;
    directory: string;
    env: Record<string, string>;
    seeds: ReadonlyMap<UserName, string>;
    signer: KeyObject;
    operator: Uint8Array;
    owned: AsyncDisposableStack;
  }) {
    this.nats = o.nats;
    this.issuer = o.issuer;
    this.cloud = o.cloud;
    this.cloudTls = o.cloudTls;
    this.ca = o.ca;
    this.directory = o.directory;
    this.#env = o.env;
    this.#seeds = o.seeds;
    this.#signer = o.signer;
    this.#operator = o.operator;
    this.#owned = o.owned;
  }

  static async start(): Promise<Fixture> {
    await using starting = new AsyncDisposableStack();
    const directory = starting.use(await tempDir('uplink-')).path;
    const ca = await certificateAuthority();
    const server = await ca.issue({ commonName: 'localhost', dnsNames: ['localhost'] });
    const client = await ca.issue({ commonName: clusterId });
    const seeds = new Map(users.map((user) => [user, new TextDecoder().decode(nkeys.createUser().getSeed())] as const));
    const publicKeys = Object.fromEntries(
      [...seeds].map(([user, seed]) => [user, { publicKey: nkeys.fromSeed(Buffer.from(seed)).getPublicKey() }]),
    );
    const operator = nkeys.createUser();
    const nats = starting.use(
      await startNats({
        config: ({ port }) =>
          withOperator(natsServerConfig({ users: publicKeys, port, syncInterval: '1m' }), operator.getPublicKey()),
      }),
    );
    const issuer = starting.use(await startIssuer(server));
    const cloudTls = memoryTlsSource(tlsOf(ca, server));
    const cloud = starting.use(await ScriptedCloud.start(cloudTls));
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const file = async (name: string, content: string) => {
      const path = join(directory, name);
      await writeFile(path, content, { mode: 0o600 });
      return path;
    };
    const caFile = await file('ca.pem', ca.certPem);
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1' };
    const env = {
      CLUSTER_ID: clusterId,
      CLOUD_ADDRESS: cloud.address,
      CLOUD_CA_FILE: caFile,
      CLIENT_CERT_FILE: await file('client.pem', client.certPem),
      CLIENT_KEY_FILE: await file('client.key', client.keyPem),
      OAUTH2_ISSUER: issuer.url,
      OAUTH2_CLIENT_ID: clusterId,
      OAUTH2_CLIENT_SECRET_FILE: await file('secret', 'not-a-secret'),
      OAUTH2_CA_FILE: caFile,
      COMMAND_KEYS_FILE: await file('keys.json', JSON.stringify({ keys: [jwk] })),
      NATS_URLS: nats.url,
      NATS_DATA_SEED_FILE: await file('data.nk', seeds.get('uplink-data') ?? ''),
      NATS_CONTROL_SEED_FILE: await file('control.nk', seeds.get('uplink-control') ?? ''),
    };
    const owned = starting.move();
    return new Fixture({
      nats,
      issuer,
      cloud,
      cloudTls,
      ca,
      directory,
      env,
      seeds,
      signer: privateKey,
      operator: operator.getSeed(),
      owned,
    });
  }

  /** Starts an uplink; `env` overrides variables. */
  async uplink(o: { instance?: string; env?: Record<string, string> } = {}): Promise<RunningUplink> {
    const instance = o.instance ?? 'uplink-0';
    const metrics = createMetrics({ service: 'uplink' });
    const health = createHealth({ log, metrics, clock: systemClock });
    const status = createStatusBoard();
    const failures: unknown[] = [];
    const config = readConfig({ ...this.#env, ...o.env });
    const fail = (error: unknown) => void failures.push(error);
    const ctx = testContext(config, { service: 'uplink', instance, log, metrics, health, status, fail });
    const running = await startUplink(ctx);
    const uplink = {
      health,
      status,
      failures,
      [Symbol.asyncDispose]: async () => await running[Symbol.asyncDispose](),
    };
    return this.#owned.use(uplink);
  }

  async bus(user: UserName): Promise<Bus> {
    const seed = this.#seeds.get(user);
    if (seed === undefined) throw new Error(`no seed for ${user}`);
    const connected = await connectBus({ servers: [this.nats.url], user, seed, service: 'test', instance: user, log });
    return this.#owned.use(connected);
  }

  async writer(user: UserName, stream: StreamName, overrides: StreamOverrides = {}): Promise<Writer> {
    const bus = await this.bus(user);
    await ensureStreams(bus, [stream], { log, overrides: { [stream]: overrides } });
    const publisher = this.#owned.use(new Publisher(bus, { stream, log, inFlightMax: 1_000, ackTimeoutMs: 2_000 }));
    const publish = async (subject: string, data: string, headers: Record<string, string> = {}) => {
      const id = this.#ids.next();
      const type = EVENT_TYPES.resourceObserved;
      const ce = eventHeaders({ id, source: '/writer', type, time: new Date() });
      return (await publisher.publish({ subject, headers: { ...ce, ...headers }, data: Buffer.from(data), msgId: id }))
        .seq;
    };
    return { bus, publish, pod: async (name, data = '{}', headers) => await publish(podSubject(name), data, headers) };
  }

  /** Deletes a stream of CONTROL, as only a person with every right can. */
  async deleteControl(stream: StreamName): Promise<void> {
    const authenticator = nkeyAuthenticator(this.#operator);
    await using connection = new AsyncDisposableStack();
    const nc = await connect({ servers: this.nats.url, authenticator });
    connection.defer(() => nc.close());
    await (await jetstreamManager(nc)).streams.delete(stream);
  }

  /** A command as the cloud would sign it, good for a minute. */
  async command(id: string, over: Record<string, unknown> = {}): Promise<Buffer> {
    const now = Date.now();
    const payload = {
      id,
      clusterId,
      issuedAt: new Date(now - 1_000).toISOString(),
      expiresAt: new Date(now + 60_000).toISOString(),
      requester: 'alice@example.test',
      class: 'COMMAND_CLASS_READ',
      nonce: 'bm9uY2U',
      kubernetesRequest: { path: '/api/v1/namespaces' },
      ...over,
    };
    return Buffer.from(await signCommand(Buffer.from(JSON.stringify(payload)), { key: this.#signer, kid: 'key-1' }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

const configSchema = z.looseObject({
  accounts: z.looseObject({ CONTROL: z.looseObject({ users: z.array(z.looseObject({})) }) }),
});

function withOperator(config: string, nkey: string): string {
  const parsed = configSchema.parse(JSON.parse(config));
  parsed.accounts.CONTROL.users.push({ nkey });
  return JSON.stringify(parsed);
}

export interface Writer {
  readonly bus: Bus;
  publish(subject: string, data: string, headers?: Record<string, string>): Promise<number>;
  pod(name: string, data?: string, headers?: Record<string, string>): Promise<number>;
}

export function podSubject(name: string): string {
  return subjects.resource({ group: '', kind: 'Pod', namespace: 'shop', name });
}

export function tlsOf(ca: Ca, issued: { certPem: string; keyPem: string }): { ca: Buffer; cert: Buffer; key: Buffer } {
  return { ca: Buffer.from(ca.certPem), cert: Buffer.from(issued.certPem), key: Buffer.from(issued.keyPem) };
}
