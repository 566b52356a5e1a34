import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Encoding, EventList, GoAway_Reason, Receipt_State } from '@kestrel/proto/cloud';
import { testContext } from '@kestrel/runtime';
import { eventually, startTcpProxy, tempDir } from '@kestrel/testkit';
import { importCommandKeys, verifyCommand } from '@kestrel/trust';
import { createHash } from 'node:crypto';
import { startDevCloud, type DevCloud } from '../src/dev-cloud.ts';
import { pod, statusChange } from './support/events.ts';
import { enrol, readValues, TestUplink, type Identity } from './support/test-uplink.ts';

const { log } = testContext({});
const EVENTS = 'KESTREL_EVENTS';
const RESOURCES = 'KESTREL_RESOURCES';

let open: AsyncDisposableStack;
let dataDir: string;
let cloud: DevCloud;
let identity: Identity;
let uplink: TestUplink;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  dataDir = open.use(await tempDir('kestrel-cloud-')).path;
  const limits = { heartbeatIntervalMs: 50, deadAfterMs: 1_000, classCreditBytes: 4_096 };
  cloud = open.use(await startDevCloud({ dataDir, log, clusterName: 'shop', limits }));
  identity = await enrol(readValues(cloud.onboard('shop').valuesFile));
  uplink = open.use(await TestUplink.welcomed(identity));
  uplink.epoch(EVENTS, 'e1');
});
afterEach(async () => await open.disposeAsync());

const breaches = (): string[] =>
  cloud
    .cluster()
    .reader.violations()
    .map(({ kind }) => kind);
const kept = (): number => cloud.cluster().reader.events({ stream: EVENTS, limit: 1_000 }).length;

async function again(): Promise<TestUplink & { welcome: { cursors: { stream: string; committedSeq: bigint }[] } }> {
  return open.use(await TestUplink.welcomed(identity));
}

describe('faults', () => {
  test('given dropped commits, then the events are kept, nothing is said, and the next Welcome says it', async () => {
    cloud.applyFaults({ dropCommits: true });
    await uplink.batch(EVENTS, [statusChange(1), statusChange(2)]);
    await eventually(() => kept() === 2);
    expect(uplink.commits(EVENTS)).toEqual([]);
    const { welcome } = await again();
    expect(welcome.cursors).toContainEqual(expect.objectContaining({ stream: EVENTS, committedSeq: 2n }));
  });

  test('given a stalled reader, then nothing arrives until it is let go, and the session lives', async () => {
    cloud.applyFaults({ stallReading: true });
    await uplink.batch(EVENTS, [statusChange(1)]);
    const heartbeats = () => uplink.received.filter(({ frame }) => frame?.$case === 'heartbeat').length;
    await eventually(() => heartbeats() > 40); // twice the time after which a silent client is dead
    expect(kept()).toBe(0);
    cloud.applyFaults({ stallReading: false });
    await uplink.committed(EVENTS, 1);
  });

  test('given a cloud that forgets, then the session ends and the next Welcome has the older cursor', async () => {
    for (const seq of [1, 2, 3]) {
      await uplink.batch(EVENTS, [statusChange(seq)]);
      await uplink.committed(EVENTS, seq);
    }
    expect(cloud.applyFaults({ forgetLast: 2 })).toEqual({ forgotten: 2 });
    expect(await uplink.over()).toMatchObject({ code: status.UNAVAILABLE });
    const next = await again();
    expect(next.welcome.cursors).toContainEqual(expect.objectContaining({ stream: EVENTS, committedSeq: 1n }));
    await next.batch(EVENTS, [statusChange(2), statusChange(3)]);
    await next.committed(EVENTS, 3);
    expect(breaches()).toEqual([]);
  });

  test('given an older copy of the store, when it is restored, then the cloud is as it was, but knows what was broken', async () => {
    await uplink.batch(EVENTS, [statusChange(1)]);
    await uplink.committed(EVENTS, 1);
    const copy = `${dataDir}/copy.db`;
    cloud.cluster().backup(copy);
    await uplink.batch(EVENTS, [statusChange(3)]);
    await uplink.committed(EVENTS, 3);
    cloud.cluster().restore(copy);
    expect((await again()).welcome.cursors).toContainEqual(
      expect.objectContaining({ stream: EVENTS, committedSeq: 1n }),
    );
    expect(breaches()).toEqual(['hole']);
  });

  test('given that the next event is to be rejected, then it is, and the one after is not', async () => {
    cloud.applyFaults({ rejectNext: { count: 1, code: 'too_spicy' } });
    await uplink.batch(EVENTS, [statusChange(1), statusChange(2)]);
    await uplink.committed(EVENTS, 2);
    expect(uplink.commits(EVENTS).flatMap(({ rejected }) => rejected)).toEqual([{ seq: 1n, code: 'too_spicy' }]);
  });

  test('given paused credit, then more than one frame beyond it is found', async () => {
    cloud.applyFaults({ pauseCredit: true });
    const data = Buffer.from(JSON.stringify({ component: 'x'.repeat(5_000) }));
    const payload = { ...statusChange(1), data };
    const send = (seq: number) => {
      const event = { ...payload, seq: BigInt(seq) };
      uplink.send({ $case: 'batch', value: identityBatch([event]) });
    };
    send(1);
    await uplink.committed(EVENTS, 1);
    expect(breaches()).toEqual([]);
    send(2);
    await uplink.committed(EVENTS, 2);
    expect(breaches()).toEqual(['credit_exceeded']);
  });

  test('given a GoAway by hand, then its reason and its wait are said', async () => {
    cloud.applyFaults({ goAway: { reason: 'draining', retryAfterMs: 1_500 } });
    expect(await uplink.goAway()).toMatchObject({ reason: GoAway_Reason.DRAINING, retryAfterMs: 1_500 });
  });

  test('given that sessions are refused, then they are unavailable', async () => {
    cloud.applyFaults({ refuseConnections: true });
    using refused = await TestUplink.open(identity);
    expect(await refused.over()).toMatchObject({ code: status.UNAVAILABLE });
  });

  test('given that a snapshot is asked for, then the cluster hears it', async () => {
    cloud.applyFaults({ resync: { stream: RESOURCES } });
    const resync = await uplink.first((frame) => (frame.$case === 'resync' ? frame.value : undefined));
    expect(resync.stream).toBe(RESOURCES);
  });
});

describe('a session that breaks', () => {
  test('given a link that passes nothing any more, then the session is over', async () => {
    const port = Number(identity.values.cloud.address.split(':').at(-1));
    await using link = await startTcpProxy({ target: { host: '127.0.0.1', port } });
    using slow = await TestUplink.open(identity, { address: `localhost:${link.port}` });
    slow.hello({ clusterId: identity.values.cluster.id, term: 7n });
    await eventually(() => cloud.cluster().session?.term === 7n);
    link.stall();
    await eventually(() => cloud.cluster().session === undefined);
    expect(cloud.cluster().reader.sessions().at(-1)?.endReason).toMatch(/nothing was heard/);
  });

  test('given a first frame that is no Hello, then it is a protocol error', async () => {
    using rude = await TestUplink.open(identity);
    rude.send({ $case: 'heartbeat', value: { sentAtMs: 0n } });
    expect(await rude.goAway()).toMatchObject({ reason: GoAway_Reason.PROTOCOL_ERROR });
  });

  test('given a batch that can not be unpacked, then it is a protocol error and the cloud lives', async () => {
    const value = { ...identityBatch([]), encoding: Encoding.ZSTD, payload: Buffer.from('no zstd'), sizeBytes: 7 };
    uplink.send({ $case: 'batch', value });
    expect(await uplink.goAway()).toMatchObject({ reason: GoAway_Reason.PROTOCOL_ERROR });
    expect(breaches()).toEqual(['batch_undecodable']);
    expect((await again()).ended).toBeUndefined();
  });

  test('given bytes that are no frame, then it is a protocol error and the cloud lives', async () => {
    uplink.sendBytes(Buffer.from([0x0a, 0xff]));
    expect(await uplink.goAway()).toMatchObject({ reason: GoAway_Reason.PROTOCOL_ERROR });
    expect(breaches()).toEqual(['frame_unexpected']);
    expect((await again()).ended).toBeUndefined();
  });

  test('given a frame that is far too large, then the session is over and the cloud lives', async () => {
    uplink.sendBytes(Buffer.alloc(3 * 1024 * 1024));
    expect(await uplink.over()).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    await eventually(() => cloud.cluster().session === undefined);
    expect((await again()).ended).toBeUndefined();
  });

  test('given a frame of a later protocol, then it is ignored', async () => {
    uplink.sendBytes(Buffer.from([0xfa, 0x01, 0x00])); // field 31, empty
    await uplink.batch(EVENTS, [statusChange(1)]);
    await uplink.committed(EVENTS, 1);
    expect(breaches()).toEqual([]);
  });

  test('given a client that closes its side, then what it sent is committed and the call ends well', async () => {
    await uplink.batch(EVENTS, [statusChange(1)]);
    uplink.close();
    expect(await uplink.over()).toMatchObject({ code: status.OK });
    expect(uplink.commits(EVENTS)).toMatchObject([{ committedSeq: 1n }]);
  });

  test('given a snapshot that ends wrongly, then a snapshot is asked for', async () => {
    uplink.epoch(RESOURCES, 'e1');
    uplink.begin('s1');
    await uplink.batch(RESOURCES, [pod(1, 'web')], { snapshotId: 's1' });
    uplink.end('s1', [], { seq: 1 });
    const resync = await uplink.first((frame) => (frame.$case === 'resync' ? frame.value : undefined));
    expect(resync.stream).toBe(RESOURCES);
  });
});

describe('commands', () => {
  test('given a command, then it comes signed by the pinned key, and its receipt is the answer', async () => {
    const sent = cloud.issueCommand({ class: 'read', body: { kubernetesRequest: { path: '/api/v1/pods' } } });
    const { signedCommand } = await uplink.first((frame) => (frame.$case === 'command' ? frame.value : undefined));
    const keys = await importCommandKeys(identity.values.cloud.commandKeys);
    const clusterId = identity.values.cluster.id;
    const { envelope } = await verifyCommand(signedCommand, { keys, clusterId, now: Date.now() });
    answer(signedCommand, envelope.id);
    expect(await sent).toMatchObject({ id: envelope.id, receipt: { state: 'STATE_ACCEPTED' } });
    expect(breaches()).toEqual([]);
  });

  test('given a command without a receipt, then the next session gets it again', async () => {
    await cloud.issueCommand({ class: 'node', body: { diagnose: {} }, waitMs: 0 });
    const next = await again();
    const command = await next.first((frame) => (frame.$case === 'command' ? frame.value : undefined));
    expect(command.signedCommand.byteLength).toBeGreaterThan(100);
    expect(cloud.cluster().reader.commands()).toMatchObject([{ sent: 2 }]);
  });

  test('given a receipt for a command that nobody sent, then that is found', async () => {
    answer(Buffer.from('x'), 'nobody');
    await eventually(() => breaches().length > 0);
    expect(breaches()).toEqual(['receipt_unknown']);
  });
});

function answer(signedCommand: Uint8Array, commandId: string): void {
  const commandDigest = createHash('sha256').update(signedCommand).digest('hex');
  uplink.send({ $case: 'receipt', value: { commandId, state: Receipt_State.ACCEPTED, reason: '', commandDigest } });
}

function identityBatch(events: ReturnType<typeof statusChange>[]) {
  const payload = EventList.encode({ events }).finish();
  const base = { stream: EVENTS, epoch: 'e1', snapshotId: '', encoding: Encoding.IDENTITY };
  return { ...base, sizeBytes: payload.byteLength, payload };
}
