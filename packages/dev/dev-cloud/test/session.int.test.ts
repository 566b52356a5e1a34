import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GoAway_Reason } from '@kestrel/proto/cloud';
import { testContext } from '@kestrel/runtime';
import { eventually, tempDir } from '@kestrel/testkit';
import { startDevCloud, type DevCloud } from '../src/dev-cloud.ts';
import { fence, pod, podGone, statusChange } from './support/events.ts';
import { enrol, readValues, TestUplink, type Identity } from './support/test-uplink.ts';

const { log } = testContext({});
const RESOURCES = 'KESTREL_RESOURCES';
const EVENTS = 'KESTREL_EVENTS';

let open: AsyncDisposableStack;
let cloud: DevCloud;
let identity: Identity;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  const dataDir = open.use(await tempDir('kestrel-cloud-')).path;
  cloud = open.use(await startDevCloud({ dataDir, log, clusterName: 'shop' }));
  identity = await enrol(readValues(cloud.onboard('shop').valuesFile));
});

afterEach(async () => await open.disposeAsync());

const names = (): string[] =>
  cloud
    .cluster()
    .reader.inventory()
    .map(({ subject }) => subject.split('.').at(-1) ?? '');
const breaches = (): string[] =>
  cloud
    .cluster()
    .reader.violations()
    .map(({ kind }) => kind);

describe('a session', () => {
  test('given a new cluster, when snapshot and events arrive, then they are committed and the inventory is theirs', async () => {
    using uplink = await TestUplink.welcomed(identity);
    expect(uplink.welcome.cursors).toEqual([
      { stream: RESOURCES, epoch: '', committedSeq: 0n, streamTimeNs: 0n },
      { stream: EVENTS, epoch: '', committedSeq: 0n, streamTimeNs: 0n },
    ]);
    uplink.epoch(RESOURCES, 'e1');
    uplink.epoch(EVENTS, 'e1');
    await uplink.snapshot('s1', [fence(1), pod(3, 'cart'), pod(5, 'web')], { seq: 5 });
    await uplink.committed(RESOURCES, 5);
    await uplink.batch(RESOURCES, [podGone(6, 'cart'), pod(9, 'db')]);
    await uplink.batch(EVENTS, [statusChange(1), statusChange(2)]);
    await uplink.committed(RESOURCES, 9);
    await uplink.committed(EVENTS, 2);
    expect(names()).toEqual(['db', 'web']);
    expect(breaches()).toEqual([]);
    expect(uplink.received.some(({ frame }) => frame?.$case === 'credit')).toBe(true);
  });

  test('given a committed position, when a session is opened again, then Welcome says it', async () => {
    {
      using first = await TestUplink.welcomed(identity);
      first.epoch(EVENTS, 'e1');
      await first.batch(EVENTS, [statusChange(1)]);
      await first.committed(EVENTS, 1);
    }
    using second = await TestUplink.welcomed(identity);
    expect(second.welcome.cursors.find(({ stream }) => stream === EVENTS)).toMatchObject({
      epoch: 'e1',
      committedSeq: 1n,
    });
    expect(breaches()).toEqual([]);
  });

  test('given a session, when a lower term comes, then it is refused; when a higher one comes, then it takes over', async () => {
    using first = await TestUplink.welcomed(identity, { term: 5n });
    using stale = await TestUplink.open(identity);
    stale.hello({ clusterId: identity.values.cluster.id, term: 4n });
    expect(await stale.goAway()).toMatchObject({ reason: GoAway_Reason.STALE_TERM, highestTerm: 5n });
    using next = await TestUplink.welcomed(identity, { term: 6n });
    expect(next.welcome.highestTerm).toBe(6n);
    expect(await first.goAway()).toMatchObject({ reason: GoAway_Reason.SUPERSEDED });
    await eventually(() => cloud.cluster().session?.term === 6n);
  });
});

describe('a cloud that only counts', () => {
  test('given a bench, then cursors move and breaches are found, and no event is kept', async () => {
    const dataDir = open.use(await tempDir('kestrel-cloud-')).path;
    const counting = open.use(await startDevCloud({ dataDir, log, clusterName: 'bench', store: 'count' }));
    using uplink = await TestUplink.welcomed(await enrol(readValues(counting.onboard('bench').valuesFile)));
    uplink.epoch(EVENTS, 'e1');
    await uplink.batch(EVENTS, [statusChange(1), statusChange(3)]);
    await uplink.committed(EVENTS, 3);
    const { reader } = counting.cluster();
    expect(reader.counts()).toEqual([]);
    expect(reader.violations()).toMatchObject([{ kind: 'hole', seq: 3n }]);
  });
});
