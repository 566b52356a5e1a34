import { Gap_Reason, GoAway_Reason, SnapshotMark_Kind } from '@kestrel/proto/cloud';
import { eventually } from '@kestrel/testkit';
import { describe, expect, test } from 'vitest';
import { Fixture, podSubject } from './fixture.ts';

const inventory = 'KESTREL_RESOURCES';
const log = 'KESTREL_EVENTS';
const numbers = (events: readonly { seq: bigint }[]) => events.map(({ seq }) => Number(seq));

describe('the inventory', () => {
  test('given objects, when an uplink starts, then the cloud gets a snapshot and then what changes', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', inventory);
    await ingester.pod('a');
    await ingester.pod('b');
    const uplink = await fixture.uplink();

    const shown = await cloud.received(inventory, 2);
    expect(shown.map((event) => event.subject)).toEqual([podSubject('a'), podSubject('b')]);
    expect(new Set(shown.map((event) => event.snapshotId)).size).toBe(1);
    await cloud.committed(inventory, 2);
    expect(cloud.openSnapshots.size).toBe(0);

    await ingester.pod('c');
    const [, , last] = await cloud.received(inventory, 3);
    expect(last).toMatchObject({ subject: podSubject('c'), snapshotId: '', seq: 3n });
    await eventually(() => uplink.health.readiness().ready);
  });

  test('given a stream of fences only, then the snapshot stays open until an object was shown', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', inventory);
    await ingester.publish('kestrel.resources._fence.main', '{}');
    await fixture.uplink();
    await cloud.received(inventory, 1);
    expect(cloud.openSnapshots.size).toBe(1);
    await ingester.pod('a');
    await cloud.committed(inventory, 2);
    expect(cloud.openSnapshots.size).toBe(0);
  });

  test('given a cursor so old that tombstones may have expired, then that is told and a snapshot follows', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', inventory, { tombstoneTtlMs: 1_000 });
    await ingester.pod('a');
    await ingester.pod('b');
    await fixture.uplink();
    await cloud.committed(inventory, 2);
    const cursor = cloud.cursors.get(inventory);
    cloud.isSilent = true;
    cloud.endStream();
    const committedMs = Number((cursor?.timeNs ?? 0n) / 1_000_000n);
    await eventually(() => Date.now() > committedMs + 600);
    await ingester.pod('c');
    cloud.isSilent = false;

    await cloud.session(2);
    const [gap] = await eventually(() => cloud.gaps.length > 0 && cloud.gaps);
    expect(gap).toMatchObject({ reason: Gap_Reason.TOMBSTONES_EXPIRED, fromSeq: 3n, toSeq: 3n });
    const again = await cloud.received(inventory, 5);
    expect(again.slice(2).every((event) => event.snapshotId !== '')).toBe(true);
    await cloud.committed(inventory, 3);
  });

  test('given a wish for a snapshot, then all is shown again under another id', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', inventory);
    await ingester.pod('a');
    await ingester.pod('a');
    await fixture.uplink();
    await cloud.committed(inventory, 2);
    cloud.send({ $case: 'resync', value: { stream: inventory, reason: 'the script wants it' } });
    const events = await cloud.received(inventory, 2);
    expect(numbers(events)).toEqual([2, 2]);
    expect(new Set(events.map((event) => event.snapshotId)).size).toBe(2);
  });

  test('given a wish for a snapshot right after new objects, then it begins no earlier than what was sent', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', inventory);
    await ingester.pod('a');
    await fixture.uplink();
    await cloud.committed(inventory, 1);
    for (const name of ['b', 'c', 'd']) await ingester.pod(name);
    await cloud.committed(inventory, 4);
    cloud.send({ $case: 'resync', value: { stream: inventory, reason: 'the script wants it' } });
    await cloud.received(inventory, 8);
    const begun = cloud.frames.flatMap((frame) =>
      frame.$case === 'snapshotMark' && frame.value.kind === SnapshotMark_Kind.BEGIN ? [frame.value.seq] : [],
    );
    expect(begun).toEqual([1n, 4n]);
  });

  test('given a snapshot that is cut, then it goes on at its place, and its end counts what this session sent', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', inventory);
    for (const name of ['a', 'b', 'c']) await ingester.pod(name);
    await fixture.uplink();
    await cloud.committed(inventory, 3);
    const [first] = cloud.eventsOf(inventory);
    const epoch = first?.epoch ?? '';
    const id = first?.snapshotId ?? '';
    cloud.cursors.set(inventory, { epoch, seq: 0n, timeNs: 0n });
    cloud.openSnapshots.set(id, { stream: inventory, epoch, seq: 1n });
    cloud.endStream();

    const events = await cloud.received(inventory, 5);
    expect(events.slice(3)).toMatchObject([
      { seq: 2n, snapshotId: id },
      { seq: 3n, snapshotId: id },
    ]);
    await eventually(() => cloud.openSnapshots.size === 0);
    const marks = cloud.frames.filter((frame) => frame.$case === 'snapshotMark');
    expect(marks.at(-1)?.value).toMatchObject({ snapshotId: id, sentCount: 2n, seq: 3n });
  });

  test('given a cut snapshot that had shown everything, then its end comes without an event', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', inventory);
    await ingester.pod('a');
    await fixture.uplink();
    await cloud.committed(inventory, 1);
    const [first] = cloud.eventsOf(inventory);
    const epoch = first?.epoch ?? '';
    cloud.cursors.set(inventory, { epoch, seq: 0n, timeNs: 0n });
    cloud.openSnapshots.set(first?.snapshotId ?? '', { stream: inventory, epoch, seq: 1n });
    cloud.endStream();
    await cloud.session(2);
    await eventually(() => cloud.openSnapshots.size === 0);
    expect(cloud.eventsOf(inventory)).toHaveLength(1);
  });

  test('given an event of 1.9 MB, then it comes in parts and whole', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', inventory);
    const data = Array.from({ length: 30_000 }, () => Math.random().toString(36))
      .join('')
      .slice(0, 350_000)
      .padEnd(1_900_000, 'x');
    await ingester.pod('large', data);
    await ingester.pod('small');
    await fixture.uplink();
    const [large, small] = await cloud.received(inventory, 2);
    expect(large?.data === data).toBe(true);
    expect(large?.parts).toBeGreaterThan(10);
    expect(small).toMatchObject({ subject: podSubject('small'), parts: 0 });
    await cloud.committed(inventory, 2);
  });
});

describe('a log', () => {
  test('given a cut, then the next session goes on after the cursor and nothing comes twice', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', log);
    for (let count = 0; count < 20; count += 1) await ingester.publish('kestrel.events.ingester.test', `${count}`);
    await fixture.uplink();
    await cloud.committed(log, 20);
    cloud.endStream();
    for (let count = 20; count < 40; count += 1) await ingester.publish('kestrel.events.ingester.test', `${count}`);
    await cloud.committed(log, 40);
    expect(numbers(cloud.eventsOf(log))).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(cloud.eventsOf(log).map((event) => event.data)).toEqual(
      Array.from({ length: 40 }, (_, index) => `${index}`),
    );
    expect(cloud.gaps).toEqual([]);
  });

  test('given retention that passed the cursor, then the hole is told, also to the ledger', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', log, { msgsMax: 5 });
    for (let count = 0; count < 12; count += 1) await ingester.publish('kestrel.events.ingester.test', '{}');
    await fixture.uplink();
    await cloud.received(log, 6);
    expect(cloud.gaps[0]).toMatchObject({
      stream: log,
      fromSeq: 1n,
      toSeq: 7n,
      count: 7n,
      reason: Gap_Reason.RETENTION,
    });
    const entries = cloud.eventsOf(log).filter((event) => event.subject === 'kestrel.events.uplink.loss');
    const losses = entries.map((entry): unknown => JSON.parse(entry.data));
    expect(losses).toContainEqual(
      expect.objectContaining({ stream: log, reason: 'LOSS_REASON_RETENTION', count: '7' }),
    );
  });

  test('given a rejected event, then it is in the ledger with its subject, and the rest goes on', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', log);
    cloud.rejections.set('kestrel.events.ingester.poison', 'undecodable');
    await ingester.publish('kestrel.events.ingester.poison', 'not json');
    await ingester.publish('kestrel.events.ingester.test', '{}');
    const uplink = await fixture.uplink();
    const events = await cloud.received(log, 3);
    expect(events.at(-1)).toMatchObject({ subject: 'kestrel.events.uplink.rejected' });
    expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({
      stream: log,
      seq: '1',
      code: 'undecodable',
      subject: 'kestrel.events.ingester.poison',
    });
    expect(uplink.status.read()['rejected']).toBe(1);
  });

  test('given a rejection of a rejection, then it ends there', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', log);
    cloud.rejections.set('kestrel.events.ingester.poison', 'undecodable');
    cloud.rejections.set('kestrel.events.uplink.rejected', 'undecodable');
    await ingester.publish('kestrel.events.ingester.poison', 'not json');
    const uplink = await fixture.uplink();
    await eventually(() => uplink.status.read()['rejected'] === 2);
    await ingester.publish('kestrel.events.ingester.test', '{}');
    await cloud.committed(log, 3);
    expect(cloud.eventsOf(log)).toHaveLength(3);
  });

  test('given a stream that appears while the session is open, then the session is renewed with it', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    await fixture.uplink();
    await cloud.session(1);
    const ingester = await fixture.writer('ingester', log);
    await ingester.publish('kestrel.events.ingester.test', '{}');
    await cloud.committed(log, 1);
    expect(cloud.hellos.at(-1)?.streams.map((stream) => stream.name)).toContain(log);
  });
});

describe('epochs', () => {
  test('given a store that ends before the cursor, then a new epoch is written, announced, and read from its first message', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', log);
    for (let count = 0; count < 3; count += 1) await ingester.publish('kestrel.events.ingester.test', '{}');
    await fixture.uplink();
    await cloud.committed(log, 3);
    const before = cloud.cursors.get(log);
    if (before) cloud.cursors.set(log, { ...before, seq: 30n });
    cloud.endStream();
    await eventually(() => cloud.cursors.get(log)?.epoch !== before?.epoch);
    const events = await cloud.received(log, 7);
    expect(numbers(events.slice(3, 6))).toEqual([1, 2, 3]);
    expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({ reason: 'LOSS_REASON_STORE_LOST', stream: log });
    const changes = cloud.frames.filter((frame) => frame.$case === 'epochChange' && frame.value.stream === log);
    expect(changes.at(-1)?.value).toMatchObject({ previousEpoch: before?.epoch });
  });

  test('given a store that was written past the cursor after a restore, then the times give it away', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', inventory);
    for (const name of ['a', 'b', 'c']) await ingester.pod(name);
    await fixture.uplink();
    await cloud.committed(inventory, 3);
    const before = cloud.cursors.get(inventory);
    if (before) cloud.cursors.set(inventory, { ...before, timeNs: before.timeNs - 60_000_000_000n });
    cloud.endStream();
    await eventually(() => cloud.cursors.get(inventory)?.epoch !== before?.epoch);
    await cloud.committed(inventory, 3);
    expect(
      cloud
        .eventsOf(inventory)
        .slice(3)
        .every((event) => event.snapshotId !== ''),
    ).toBe(true);
  });

  test('given the same store, when the uplink comes back, then there is no new epoch', async () => {
    await using fixture = await Fixture.start();
    const { cloud } = fixture;
    const ingester = await fixture.writer('ingester', inventory);
    await ingester.pod('a');
    await fixture.uplink();
    await cloud.committed(inventory, 1);
    const before = cloud.cursors.get(inventory)?.epoch;
    cloud.endStream({ reason: GoAway_Reason.DRAINING });
    await cloud.session(2);
    await ingester.pod('b');
    await cloud.committed(inventory, 2);
    expect(cloud.cursors.get(inventory)?.epoch).toBe(before);
  });
});
