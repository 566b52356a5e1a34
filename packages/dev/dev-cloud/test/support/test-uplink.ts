import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { Client, type ClientDuplexStream } from '@grpc/grpc-js';
import { createChannel, memoryTlsSource } from '@kestrel/grpc';
import {
  Encoding,
  EventList,
  SnapshotMark_Kind,
  type ClientFrame,
  type CloudFrame,
  type Commit,
  type Event,
  type GoAway,
  type Hello,
  type Welcome,
} from '@kestrel/proto/cloud';
import { EnrollmentServiceClient, SessionServiceService } from '@kestrel/proto/services';
import { systemClock, testContext } from '@kestrel/runtime';
import { eventually } from '@kestrel/testkit';
import { createCsr, createTokenSource, generateKeyPair } from '@kestrel/trust';
import { parse } from 'yaml';
import * as z from 'zod';

const valuesSchema = z.object({
  global: z.object({
    cluster: z.object({ id: z.string(), name: z.string() }),
    cloud: z.object({
      address: z.string(),
      enrollmentAddress: z.string(),
      caPem: z.string(),
      oauth2: z.object({ issuer: z.string(), clientId: z.string(), clientSecret: z.string(), audience: z.string() }),
      commandKeys: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
    }),
  }),
});

/** What a values file says. */
export type Values = z.output<typeof valuesSchema>['global'];

export function readValues(file: string): Values {
  return valuesSchema.parse(parse(readFileSync(file, 'utf8'))).global;
}

const { log } = testContext({});
const deflate = promisify(zstdCompress);

/** What a cluster shows: everything that an uplink makes or gets before it opens a session. */
export interface Identity {
  readonly values: Values;
  readonly certPem: string;
  readonly keyPem: string;
  token(): Promise<string>;
}

/** Gets a token and a certificate as an operator does, from nothing but its values file. */
export async function enrol(values: Values): Promise<Identity> {
  const { issuer, clientId, clientSecret } = values.cloud.oauth2;
  const { caPem } = values.cloud;
  const token = async (): Promise<string> => {
    await using tokens = createTokenSource({
      issuer,
      clientId,
      caPem,
      log,
      clock: systemClock,
      auth: { kind: 'secret', secret: clientSecret },
    });
    return await tokens.token();
  };
  const key = await generateKeyPair();
  const certPem = await requestCertificate(values, await token(), values.cluster.id, key);
  return { values, certPem, keyPem: key.privateKeyPem, token };
}

export async function requestCertificate(
  values: Values,
  token: string,
  clusterId: string,
  key: Awaited<ReturnType<typeof generateKeyPair>>,
): Promise<string> {
  using channel = createChannel({
    address: values.cloud.enrollmentAddress,
    tls: memoryTlsSource({ ca: Buffer.from(values.cloud.caPem) }),
    token: async () => token,
    log,
  });
  const client = new EnrollmentServiceClient(...channel.clientArguments);
  const csrPem = await createCsr({ commonName: clusterId, key });
  return await new Promise((resolve, reject) => {
    client.enroll({ clusterId, csrPem }, (error, answer) => (error ? reject(error) : resolve(answer.certificatePem)));
  });
}

/** The way a session ended. */
export interface SessionEnd {
  readonly code: number;
  readonly details: string;
}

/** One session, by hand: frames are sent as the test says, and everything that comes is kept. */
export class TestUplink implements Disposable {
  readonly received: CloudFrame[] = [];
  readonly #call: ClientDuplexStream<ClientFrame | Buffer, CloudFrame>;
  readonly #channel: Disposable;
  ended: SessionEnd | undefined;

  private constructor(call: ClientDuplexStream<ClientFrame | Buffer, CloudFrame>, channel: Disposable) {
    this.#call = call;
    this.#channel = channel;
    call.on('data', (frame: CloudFrame) => void this.received.push(frame));
    call.on('error', () => undefined); // the status says it
    call.on('status', ({ code, details }) => (this.ended = { code, details }));
  }

  static async open(identity: Identity, o: { token?: string; address?: string } = {}): Promise<TestUplink> {
    const { values, certPem, keyPem } = identity;
    const token = o.token ?? (await identity.token());
    const channel = createChannel({
      address: o.address ?? values.cloud.address,
      tls: memoryTlsSource({
        ca: Buffer.from(values.cloud.caPem),
        cert: Buffer.from(certPem),
        key: Buffer.from(keyPem),
      }),
      token: async () => token,
      log,
    });
    const { path, requestSerialize, responseDeserialize } = SessionServiceService.open;
    const serialize = (frame: ClientFrame | Buffer): Buffer =>
      Buffer.isBuffer(frame) ? frame : requestSerialize(frame);
    const client = new Client(...channel.clientArguments);
    return new TestUplink(client.makeBidiStreamRequest(path, serialize, responseDeserialize), channel);
  }

  /** Opens a session and says Hello; the Welcome is there. */
  static async welcomed(identity: Identity, over: Partial<Hello> = {}): Promise<TestUplink & { welcome: Welcome }> {
    const uplink = await TestUplink.open(identity);
    uplink.hello({ clusterId: identity.values.cluster.id, ...over });
    const welcome = await uplink.first((frame) => (frame.$case === 'welcome' ? frame.value : undefined));
    return Object.assign(uplink, { welcome });
  }

  send(frame: NonNullable<ClientFrame['frame']>): void {
    this.#call.write({ frame });
  }

  /** Sends bytes as a frame, whatever they are. */
  sendBytes(bytes: Buffer): void {
    this.#call.write(bytes);
  }

  hello(over: Partial<Hello>): void {
    const names = ['KESTREL_RESOURCES', 'KESTREL_EVENTS'];
    const streams = names.map((name) => ({ name, epoch: 'e1', firstSeq: 1n, lastSeq: 0n }));
    const base = { clusterId: '', agentVersion: 'test', protocolVersions: [1], term: 1n, capabilities: [], streams };
    this.send({ $case: 'hello', value: { ...base, instance: 'uplink-0', ...over } });
  }

  epoch(stream: string, epoch: string, previousEpoch = ''): void {
    this.send({ $case: 'epochChange', value: { stream, epoch, previousEpoch, reason: 'test' } });
  }

  async batch(stream: string, events: Event[], over: { epoch?: string; snapshotId?: string } = {}): Promise<void> {
    const bytes = EventList.encode({ events }).finish();
    const value = { stream, epoch: over.epoch ?? 'e1', snapshotId: over.snapshotId ?? '', encoding: Encoding.ZSTD };
    const payload = await deflate(bytes);
    this.send({ $case: 'batch', value: { ...value, sizeBytes: bytes.byteLength, payload } });
  }

  begin(snapshotId: string, o: { epoch?: string; seq?: bigint } = {}): void {
    this.#mark({ snapshotId, kind: SnapshotMark_Kind.BEGIN, epoch: o.epoch ?? 'e1', seq: o.seq ?? 0n });
  }

  /** Ends a snapshot of which this session has sent `events`. */
  end(snapshotId: string, events: Event[], o: { epoch?: string; seq: number; digest?: string }): void {
    const hash = createHash('sha256');
    for (const { subject, seq } of events) hash.update(`${subject} ${seq}\n`);
    this.#mark({
      snapshotId,
      kind: SnapshotMark_Kind.END,
      epoch: o.epoch ?? 'e1',
      seq: BigInt(o.seq),
      sentCount: BigInt(events.length),
      sentDigest: o.digest ?? hash.digest('hex'),
    });
  }

  /** A whole snapshot of KESTREL_RESOURCES. */
  async snapshot(id: string, events: Event[], o: { epoch?: string; seq: number }): Promise<void> {
    const epoch = o.epoch ?? 'e1';
    this.begin(id, { epoch });
    if (events.length > 0) await this.batch('KESTREL_RESOURCES', events, { epoch, snapshotId: id });
    this.end(id, events, o);
  }

  commits(stream: string): Commit[] {
    return this.received.flatMap(({ frame }) =>
      frame?.$case === 'commit' && frame.value.stream === stream ? [frame.value] : [],
    );
  }

  /** Waits until the cloud has committed this sequence of the stream itself. */
  async committed(stream: string, seq: number, epoch = 'e1'): Promise<void> {
    await eventually(
      () =>
        this.commits(stream).some((c) => c.epoch === epoch && c.snapshotId === '' && c.committedSeq === BigInt(seq)),
      { message: `${stream} is committed to ${seq}` },
    );
  }

  /** The first frame from which `pick` takes something, when it is there. */
  async first<T extends object>(pick: (frame: NonNullable<CloudFrame['frame']>) => T | undefined): Promise<T> {
    return await eventually(
      () => {
        for (const { frame } of this.received) {
          const picked = frame && pick(frame);
          if (picked) return picked;
        }
        return undefined;
      },
      { message: `a frame comes (${this.ended?.details ?? 'the session is open'})` },
    );
  }

  async goAway(): Promise<GoAway> {
    return await this.first((frame) => (frame.$case === 'goAway' ? frame.value : undefined));
  }

  async over(): Promise<SessionEnd> {
    return await eventually(() => this.ended, { message: 'the session ends' });
  }

  pause(): void {
    this.#call.pause();
  }

  close(): void {
    this.#call.end();
  }

  [Symbol.dispose](): void {
    this.#call.cancel();
    this.#channel[Symbol.dispose]();
  }

  #mark(o: {
    snapshotId: string;
    kind: SnapshotMark_Kind;
    epoch: string;
    seq: bigint;
    sentCount?: bigint;
    sentDigest?: string;
  }): void {
    const value = { stream: 'KESTREL_RESOURCES', sentCount: 0n, sentDigest: '', ...o };
    this.send({ $case: 'snapshotMark', value });
  }
}
