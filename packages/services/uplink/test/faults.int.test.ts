import { memoryTlsSource } from '@kestrel/grpc';
import { Encoding, GoAway_Reason } from '@kestrel/proto/cloud';
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

  test('given a certificate that the cloud refuses, then readiness says so', async () => {
    await using fixture = await Fixture.start();
    const uplink = await fixture.uplink();
    await fixture.cloud.session(1);
    const message = 'the client certificate is revoked';
    fixture.cloud.endStream({ reason: GoAway_Reason.UNAUTHENTICATED, message });
    expect(
      await reason(uplink, 'certificate', /the cloud refuses the credentials: the client certificate is revoked/),
    ).toBeDefined();
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
