import { memoryTlsSource } from '@kestrel/grpc';
import { ClientFrame, Encoding, GoAway_Reason, TrafficClass } from '@kestrel/proto/cloud';
import { sleep } from '@kestrel/runtime';
import { certificateAuthority, eventually } from '@kestrel/testkit';
import { describe, expect, test } from 'vitest';
import { Fixture, tlsOf } from './fixture.ts';
import type { RunningUplink } from './fixture.ts';
import { ScriptedCloud } from './scripted-cloud.ts';

const log = 'KESTREL_EVENTS';
const subject = 'kestrel.events.ingester.test';

async function reason(uplink: RunningUplink, component: string, text: RegExp): Promise<string> {
  return await eventually(
    () => {
      const why = uplink.health.readiness().components[component]?.reason;
      return why !== undefined && text.test(why) ? why : undefined;
    },
    { message: `${component} not ready with ${text}` },
  );
}

describe('the cloud', () => {
  test.each([
    ['a frame that cannot be read', (cloud: ScriptedCloud) => cloud.send(Buffer.from([0x0f, 0xff, 0xff]))],
    ['a commit beyond what was sent', (cloud: ScriptedCloud) => lie(cloud, { committedSeq: 99n })],
    ['a commit of another epoch', (cloud: ScriptedCloud) => lie(cloud, { epoch: 'other' })],
    ['a commit of a snapshot that never was', (cloud: ScriptedCloud) => lie(cloud, { snapshotId: 'snap' })],
    [
      'a wish for a snapshot of a log',
      (cloud: ScriptedCloud) => cloud.send({ $case: 'resync', value: { stream: log, reason: '' } }),
    ],
  ])('given %s, then the session ends, and the next one goes on at the cursor', async (_name, misbehave) => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', log);
    await ingester.publish(subject, '{}');
    const uplink = await fixture.uplink();
    await cloud.committed(log, 1);
    misbehave(cloud);
    await cloud.session(2);
    await ingester.publish(subject, '{}');
    await cloud.committed(log, 2);
    expect(cloud.eventsOf(log)).toHaveLength(2);
    expect(uplink.failures).toEqual([]);
  });

  test('given a frame of a later protocol, then it is ignored', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', log);
    await fixture.uplink();
    await cloud.session(1);
    cloud.send(Buffer.from([0xfa, 0x01, 0x00])); // field 31, of zero bytes
    await ingester.publish(subject, '{}');
    await cloud.committed(log, 1);
    expect(cloud.hellos).toHaveLength(1);
  });

  test('given a cloud that falls silent, then it counts as dead and is dialled again', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    cloud.deadAfterMs = 1_500;
    const uplink = await fixture.uplink();
    await cloud.session(1);
    cloud.isSilent = true;
    expect(await reason(uplink, 'cloud session', /nothing was heard of the cloud for 1.5 s/)).toBeDefined();
    cloud.isSilent = false;
    await eventually(() => uplink.health.readiness().ready);
  });

  test('given commits that are held back, then what is unacknowledged stays bounded and comes again after a cut', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    cloud.holdsCommits = true;
    cloud.encodings = [Encoding.IDENTITY];
    const ingester = await fixture.writer('ingester', log);
    for (let count = 0; count < 200; count += 1) await ingester.publish(subject, 'x'.repeat(1_000));
    await fixture.uplink();
    await eventually(() => cloud.eventsOf(log).length > 0);
    const sent = cloud.eventsOf(log).length;
    expect(sent).toBeLessThan(40);
    cloud.holdsCommits = false;
    cloud.endStream();
    await cloud.committed(log, 200);
  });

  test('given little credit, then it is used up and no more is sent until the cloud grants more', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    cloud.encodings = [Encoding.IDENTITY];
    cloud.creditBytes = 30_000n;
    const ingester = await fixture.writer('ingester', log);
    for (let count = 0; count < 400; count += 1) await ingester.publish(subject, 'x'.repeat(1_000));
    const uplink = await fixture.uplink();
    const owes = (streams: unknown) =>
      Array.isArray(streams) && streams.some((one) => one.name === log && one.creditBytes <= 0);
    await eventually(() => owes(uplink.status.read()['streams']));
    // A class may exceed its credit by one frame, of 126 KB at most.
    expect(cloud.eventsOf(log).length).toBeLessThan(200);
    cloud.send({ $case: 'credit', value: { trafficClass: TrafficClass.AUDIT, sizeBytes: 1_000_000n } });
    await cloud.committed(log, 400);
  });

  test('given limits of the cloud below our own, then frames and batches keep to them', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    cloud.encodings = [Encoding.IDENTITY];
    [cloud.frameBytesMax, cloud.batchBytesMax] = [6_000, 4_500];
    const ingester = await fixture.writer('ingester', log);
    await ingester.publish(subject, 'x'.repeat(50_000));
    for (let count = 0; count < 20; count += 1) await ingester.publish(subject, 'x'.repeat(1_000));
    await fixture.uplink();
    await cloud.committed(log, 21);
    const batches = cloud.frames.flatMap((frame) => (frame.$case === 'batch' ? [frame] : []));
    expect(Math.max(...batches.map((frame) => frame.value.sizeBytes))).toBeLessThanOrEqual(4_500);

    [cloud.frameBytesMax, cloud.batchBytesMax] = [6_000, 8_388_608];
    cloud.frames.length = 0;
    cloud.endStream();
    await cloud.session(2);
    await ingester.publish(subject, 'x'.repeat(50_000));
    await cloud.committed(log, 22);
    const sizes = cloud.frames.map((frame) => ClientFrame.encode({ frame }).finish().length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6_000);
  });

  test('given a highest term that cannot be, then there is no session and it is not believed', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    cloud.highestTerm = 2n ** 60n;
    const uplink = await fixture.uplink();
    expect(await reason(uplink, 'cloud session', /names term 1152921504606846976 as the highest/)).toBeDefined();
    cloud.highestTerm = undefined;
    await eventually(() => uplink.health.readiness().ready);
    expect(cloud.hellos.at(-1)?.term).toBeLessThan(1_000n);
  });
});

describe('terms and leases', () => {
  test('given a cloud that has seen a higher term, then the holder raises its own', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const goAway = { message: '', highestTerm: 41n, retryAfterMs: 0 };
    cloud.refusal = { $case: 'goAway', value: { reason: GoAway_Reason.STALE_TERM, ...goAway } };
    await fixture.uplink();
    await eventually(() => cloud.hellos.length > 0);
    cloud.refusal = undefined;
    const hello = await eventually(() => cloud.isOpen && cloud.hellos.at(-1));
    expect(hello.term).toBe(42n);
  });

  test('given another uplink that took over, then this one steps down and takes a higher term next time', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const uplink = await fixture.uplink();
    const { term } = await cloud.session(1);
    cloud.endStream({ reason: GoAway_Reason.SUPERSEDED, highestTerm: 7n });
    const again = await cloud.session(2);
    expect(again.term).toBeGreaterThan(term);
    expect(again.term).toBeGreaterThan(7n);
    await eventually(() => uplink.health.readiness().ready);
  });

  test('given two uplinks, then one is active and the other ready; when the first ends, the second goes on', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', log);
    const first = await fixture.uplink({ instance: 'uplink-0' });
    const { term } = await cloud.session(1);
    const second = await fixture.uplink({ instance: 'uplink-1' });
    await eventually(() => second.health.readiness().ready && second.status.read()['role'] === 'standby');
    await ingester.publish(subject, '{}');
    await cloud.committed(log, 1);
    expect(cloud.hellos).toHaveLength(1);

    await first[Symbol.asyncDispose]();
    const next = await cloud.session(2);
    expect(next).toMatchObject({ instance: 'uplink-1' });
    expect(next.term).toBeGreaterThan(term);
    await ingester.publish(subject, '{}');
    await cloud.committed(log, 2);
    expect(cloud.eventsOf(log)).toHaveLength(2);
  });

  test('given an uplink that ends, then it waits for the commits of what it has sent', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', log);
    await ingester.publish(subject, '{}');
    cloud.holdsCommits = true;
    const uplink = await fixture.uplink();
    const [sent] = await cloud.received(log, 1);
    const stopping = uplink[Symbol.asyncDispose]();
    // Longer than it waits for the cloud to close: a commit as late as this counts only if it is waited for.
    await sleep(2_500);
    const commit = {
      stream: log,
      epoch: sent?.epoch ?? '',
      committedSeq: 1n,
      streamTimeNs: 1n,
      rejected: [],
      snapshotId: '',
    };
    cloud.send({ $case: 'commit', value: commit });
    await stopping;
    expect(uplink.status.read()['streams']).toContainEqual(expect.objectContaining({ name: log, committedSeq: 1 }));
  });
});

describe('identity', () => {
  test('given a token that the cloud refuses, then another is asked for', async () => {
    await using fixture = await Fixture.start();
    const { cloud, issuer } = fixture;
    await fixture.uplink();
    await cloud.session(1);
    const before = issuer.issued.length;
    cloud.endStream({ reason: GoAway_Reason.UNAUTHENTICATED, message: 'the token is expired' });
    await cloud.session(2);
    expect(issuer.issued.length).toBeGreaterThan(before);
    expect(cloud.tokens.at(-1)).toBe(`Bearer ${issuer.issued.at(-1)}`);
  });

  test('given a certificate that the cloud refuses, then readiness says so until it is accepted', async () => {
    await using fixture = await Fixture.start();
    const uplink = await fixture.uplink();
    await fixture.cloud.session(1);
    const value = { highestTerm: 0n, retryAfterMs: 0, message: 'the client certificate is revoked' };
    fixture.cloud.refusal = { $case: 'goAway', value: { reason: GoAway_Reason.UNAUTHENTICATED, ...value } };
    const message = 'the client certificate is revoked';
    fixture.cloud.endStream({ reason: GoAway_Reason.UNAUTHENTICATED, message });
    expect(
      await reason(uplink, 'certificate', /the cloud refuses the credentials: the client certificate is revoked/),
    ).toBeDefined();
    fixture.cloud.refusal = undefined;
    await eventually(() => uplink.health.readiness().ready);
  });

  test('given a wrong cluster id, then readiness says what the cloud said', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const message = 'Hello names cluster x, the token is for y';
    const value = { reason: GoAway_Reason.IDENTITY_MISMATCH, message, highestTerm: 0n, retryAfterMs: 0 };
    cloud.refusal = { $case: 'goAway', value };
    const uplink = await fixture.uplink();
    expect(
      await reason(uplink, 'cloud session', /the cloud refuses the identity: Hello names cluster x/),
    ).toBeDefined();
  });

  test('given a client secret that the issuer rejects, then readiness says so', async () => {
    await using fixture = await Fixture.start();
    fixture.issuer.refuses = true;
    const uplink = await fixture.uplink();
    expect(await reason(uplink, 'oauth2', /no access token: .*rejects this client/)).toBeDefined();
    fixture.issuer.refuses = false;
    await fixture.cloud.session(1);
  });

  test('given an uplink without a token, then it leaves the lease to one that has one', async () => {
    await using fixture = await Fixture.start();
    const env = { OAUTH2_ISSUER: 'https://localhost:1' };
    const lame = await fixture.uplink({ instance: 'uplink-0', env });
    expect(await reason(lame, 'lease', /does not run for election yet: it has no access token/)).toBeDefined();
    await fixture.uplink({ instance: 'uplink-1' });
    expect(await fixture.cloud.session(1)).toMatchObject({ instance: 'uplink-1' });
  });

  test('given a cloud whose authority is not trusted, then nothing is sent and readiness says so', async () => {
    await using fixture = await Fixture.start();
    const stranger = await certificateAuthority('stranger');
    const issued = await stranger.issue({ commonName: 'localhost', dnsNames: ['localhost'] });
    await using impostor = await ScriptedCloud.start(memoryTlsSource(tlsOf(fixture.ca, issued)));
    const uplink = await fixture.uplink({ env: { CLOUD_ADDRESS: impostor.address } });
    expect(await reason(uplink, 'cloud session', /signed by an authority that is not trusted/)).toBeDefined();
    expect(impostor.hellos).toEqual([]);
  });
});

describe('the bus', () => {
  test('given a nats-server that is killed, then the session is made anew and nothing is lost', async () => {
    await using fixture = await Fixture.start();
    const { cloud, nats } = fixture;
    const ingester = await fixture.writer('ingester', log);
    await ingester.publish(subject, '{}');
    const uplink = await fixture.uplink();
    await cloud.committed(log, 1);
    await nats.stop();
    expect(await reason(uplink, 'bus data', /the bus is away/)).toBeDefined();
    await nats.start();
    await ingester.publish(subject, '{}');
    // Positions are compared with a store that may be another one.
    await cloud.session(2);
    await cloud.committed(log, 2);
    expect(cloud.eventsOf(log)).toHaveLength(2);
    await eventually(() => uplink.health.readiness().ready);
  });
});

function lie(cloud: ScriptedCloud, over: { committedSeq?: bigint; epoch?: string; snapshotId?: string }): void {
  const epoch = cloud.cursors.get(log)?.epoch ?? '';
  const truth = { stream: log, epoch, committedSeq: 1n, streamTimeNs: 1n, rejected: [], snapshotId: '' };
  cloud.send({ $case: 'commit', value: { ...truth, ...over } });
}
