import { OperationalError, sleep } from '@kestrel/runtime';
import { eventually } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuckets, LeaseElection, leaseKey } from '../src/index.ts';
import type { Bus, HeldLease, LeaseOptions } from '../src/index.ts';
import { startBusFixture, silent } from './bus-fixture.ts';
import type { BusFixture } from './bus-fixture.ts';

let fixture: BusFixture;
let one: Bus;
let two: Bus;

beforeAll(async () => {
  fixture = await startBusFixture();
  [one, two] = await Promise.all([fixture.connect('uplink-control'), fixture.connect('uplink-control')]);
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

const short = { ttlMs: 3_000, renewMs: 500, marginMs: 500, log: silent } as const;
const bucket = 'KV_kestrel_leases';

interface Contender extends AsyncDisposable {
  readonly election: LeaseElection;
  readonly leases: HeldLease[];
}

function contend(bus: Bus, key: string, holder: string, over: Partial<LeaseOptions> = {}): Contender {
  const election = new LeaseElection(bus, { key, holder, ...short, ...over });
  const leases: HeldLease[] = [];
  const running = election.run(async (lease) => {
    leases.push(lease);
    await new Promise<void>((resolve) => {
      lease.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  });
  return {
    election,
    leases,
    [Symbol.asyncDispose]: async () => {
      await election[Symbol.asyncDispose]();
      await running;
    },
  };
}

describe('elections', () => {
  test('given two contenders when the holder gives up then the other takes over with a higher term', async () => {
    const key = leaseKey('uplink', 'handover');
    const first = contend(one, key, 'first');
    const [held] = await eventually(() => first.leases.length === 1 && first.leases);
    await using second = contend(two, key, 'second');
    await eventually(() => second.election.state().role === 'standby');
    expect(second.election.state()).toMatchObject({ holder: 'first', term: held?.term });
    expect(held?.stillHeld()).toBe(true);
    await first[Symbol.asyncDispose]();
    expect(held?.stillHeld()).toBe(false);
    const [next] = await eventually(() => second.leases.length === 1 && second.leases);
    expect(next?.term).toBeGreaterThan(held?.term ?? 0);
  });

  test('given a holder when it renews past its TTL then its term stays and nobody else gets in', async () => {
    const key = leaseKey('uplink', 'renewed');
    await using first = contend(one, key, 'first');
    const [held] = await eventually(() => first.leases.length === 1 && first.leases);
    await using second = contend(two, key, 'second');
    await sleep(short.ttlMs + 1_500);
    expect(held?.stillHeld()).toBe(true);
    expect(first.leases).toHaveLength(1);
    expect(second.leases).toHaveLength(0);
    expect(first.election.state()).toMatchObject({ role: 'active', term: held?.term });
  });

  test('given a holder that stopped without a word then another takes over after the TTL', async () => {
    const key = leaseKey('uplink', 'dead');
    const third = await fixture.connect('uplink-control');
    const first = contend(third, key, 'first');
    const [held] = await eventually(() => first.leases.length === 1 && first.leases);
    await using second = contend(two, key, 'second');
    // Its connection dies for good: it can neither renew nor give the lease back.
    await third.nc.close();
    const [next] = await eventually(() => second.leases.length === 1 && second.leases);
    expect(held?.stillHeld()).toBe(false);
    expect(held?.signal.reason).toBeInstanceOf(OperationalError);
    expect(next?.term).toBeGreaterThan(held?.term ?? 0);
    await first[Symbol.asyncDispose]();
  });

  test('given a lease that was taken over when the stale holder renews then it is refused and knows it is lost', async () => {
    const key = leaseKey('uplink', 'stale');
    await using first = contend(one, key, 'first');
    const [held] = await eventually(() => first.leases.length === 1 && first.leases);
    const usurper = { holder: 'usurper', term: 99, renewals: 0 };
    await two.nc.request(`$KV.kestrel_leases.${key}`, JSON.stringify(usurper), { timeout: 2_000 });
    await eventually(() => held?.signal.aborted === true);
    expect(String(held?.signal.reason)).toContain('another holds it');
    await eventually(() => first.election.state().holder === 'usurper');
  });

  test('given a higher term in the cloud then a new holder goes beyond it, and a present one can raise its own', async () => {
    const key = leaseKey('uplink', 'terms');
    await using first = contend(one, key, 'first', { highestTermSeen: () => 41 });
    const [held] = await eventually(() => first.leases.length === 1 && first.leases);
    expect(held?.term).toBe(42);
    await held?.raiseTerm(100);
    expect(held?.term).toBe(101);
    await sleep(short.renewMs * 2);
    expect(held?.stillHeld()).toBe(true);
    expect(held?.term).toBe(101);
  });

  test('given a term that none can follow then a holder keeps its lease and its term, and a contender says why it waits', async () => {
    const key = leaseKey('uplink', 'hostile');
    await using first = contend(one, key, 'first');
    const [held] = await eventually(() => first.leases.length === 1 && first.leases);
    await expect(held?.raiseTerm(2 ** 53)).rejects.toMatchObject({ code: 'term_invalid' });
    expect(held?.stillHeld()).toBe(true);
    expect(held?.term).toBe(1);
    await using second = contend(two, leaseKey('uplink', 'hostile2'), 'second', { highestTermSeen: () => 2 ** 63 });
    await eventually(() => second.election.state().reason?.includes('none can follow it'));
    expect(second.leases).toEqual([]);
  });

  test('given active work that fails as expected then the election goes on; given a bug then it ends with it', async () => {
    let runs = 0;
    await using failing = new LeaseElection(one, { key: leaseKey('uplink', 'failing'), holder: 'a', ...short });
    const running = failing.run(async () => {
      runs += 1;
      if (runs === 1) throw new OperationalError('cloud_unreachable', 'for now');
      throw new TypeError('a bug');
    });
    await expect(running).rejects.toThrow('a bug');
    expect(runs).toBe(2);
  });
});

describe('a lost bucket', () => {
  test('given a holder when the bucket is deleted then it goes on, and its successor still gets a higher term', async () => {
    const own = await startBusFixture();
    await using _own = own;
    const [a, b] = await Promise.all([own.connect('ingester'), own.connect('ingester')]);
    await ensureBuckets(a, ['kestrel_leases'], { log: silent });
    const key = leaseKey('ingester', 'main');
    const first = contend(a, key, 'first');
    const [held] = await eventually(() => first.leases.length === 1 && first.leases);
    await held?.raiseTerm(10);
    await using second = contend(b, key, 'second');
    await eventually(() => second.election.state().role === 'standby');
    const created = (await (await a.manager()).streams.info(bucket)).created;
    await own.deleteStream('DATA', bucket);
    await eventually(async () => (await (await a.manager()).streams.info(bucket)).created !== created);
    await eventually(() => second.election.state().holder === 'first');
    expect(held?.stillHeld()).toBe(true);
    await first[Symbol.asyncDispose]();
    const [next] = await eventually(() => second.leases.length === 1 && second.leases);
    expect(next?.term).toBeGreaterThan(11);
  });

  test('given nobody active when the bucket is deleted then nobody is locked out', async () => {
    const own = await startBusFixture();
    await using _own = own;
    const bus = await own.connect('ingester');
    const key = leaseKey('ingester', 'main');
    const first = contend(bus, key, 'first');
    await eventually(() => first.leases.length === 1);
    await first[Symbol.asyncDispose]();
    await own.deleteStream('DATA', bucket);
    await using second = contend(bus, key, 'second');
    const [next] = await eventually(() => second.leases.length === 1 && second.leases);
    expect(next?.stillHeld()).toBe(true);
  });
});
