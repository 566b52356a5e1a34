import {
  bucketSubject,
  ensureBuckets,
  ensureStreams,
  LeaseElection,
  leaseKey,
  Publisher,
  streamEpoch,
  subjects,
  type Bus,
} from '@kestrel/bus';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { eventually, freePort } from '@kestrel/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { silent, startBusFixture, type BusFixture } from './bus-fixture.ts';
import { fakeService, type FakeService } from './fake-service.ts';
import { kestrelctl, startKestrelctl } from './run-kestrelctl.ts';

let stack: AsyncDisposableStack;
let fixture: BusFixture;
let ingester: FakeService;
let uplink: FakeService;
let data: Bus;
let control: Bus;
let file: string;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  fixture = stack.use(await startBusFixture());
  [data, control] = await Promise.all([fixture.connect('ingester'), fixture.connect('uplink-control')]);
  await ensureStreams(data, ['KESTREL_RESOURCES', 'KESTREL_EVENTS'], { log: silent });
  await ensureStreams(control, ['KESTREL_COMMANDS'], { log: silent });
  await ensureBuckets(control, ['kestrel_uplink'], { log: silent });
  [ingester, uplink] = [
    stack.use(await fakeService('ingester', 'watch Pod')),
    stack.use(await fakeService('uplink', 'cloud session')),
  ];
  file = await fixture.connectionFile('connection.json', [ingester.entry, uplink.entry]);
  await work();
});
afterEach(async () => {
  await stack[Symbol.asyncDispose]();
});

const gap = { stream: 'KESTREL_FLOWS', fromSeq: 1, toSeq: 9, reason: 'retention', count: 9, atMs: 5 };

/** Both services hold their leases, three messages are stored, two are committed. */
async function work(): Promise<void> {
  await using publisher = new Publisher(data, {
    stream: 'KESTREL_RESOURCES',
    log: silent,
    inFlightMax: 8,
    ackTimeoutMs: 5_000,
  });
  for (const name of ['a', 'b', 'c']) {
    const subject = subjects.resource({ group: '', kind: 'Pod', namespace: 'shop', name });
    await publisher.publish({ subject, msgId: name, data: Buffer.from('{}') });
  }
  const { epoch } = await streamEpoch(data, 'KESTREL_RESOURCES');
  const mirror = JSON.stringify({ epoch, committedSeq: 2 });
  await control.jetstream().publish(bucketSubject('kestrel_uplink', 'KESTREL_RESOURCES'), mirror);
  lead(data, 'ingester');
  lead(control, 'uplink');
  await eventually(async () => (await status()).leases.flatMap(({ leases }) => leases).length === 2);

  ingester.component.ready();
  uplink.component.ready();
  ingester.status.set('role', () => ({ role: 'active', term: 1 }));
  uplink.status.set('role', () => 'active');
  uplink.status.set('lease', () => ({ role: 'active', term: 1 }));
  uplink.status.set('session', () => ({ open: true, id: 's-1', since: new Date().toISOString() }));
  uplink.status.set('streams', () => [{ name: 'KESTREL_RESOURCES', epoch, committedSeq: 3 }]);
  uplink.status.set('gaps', () => [gap]);
  uplink.status.set('rejected', () => 4);
  uplink.status.set('lastCommitAt', () => new Date().toISOString());
}

function lead(bus: Bus, service: string): void {
  const election = new LeaseElection(bus, { key: leaseKey(service, 'main'), holder: `${service}-1`, log: silent });
  const held = election.run(async (lease) => {
    await new Promise<void>((resolve) => lease.signal.addEventListener('abort', () => resolve(), { once: true }));
  });
  stack.defer(async () => {
    await election[Symbol.asyncDispose]();
    await held;
  });
}

const reportSchema = z.looseObject({
  ok: z.boolean(),
  problems: z.array(z.string()),
  services: z.array(z.looseObject({ service: z.string(), reachable: z.boolean() })),
  accounts: z.array(z.looseObject({ account: z.string(), connected: z.boolean() })),
  streams: z.array(z.looseObject({ stream: z.string(), state: z.string() })),
  leases: z.array(z.looseObject({ account: z.string(), leases: z.array(z.looseObject({ key: z.string() })) })),
  lags: z.array(z.looseObject({ stream: z.string() })),
  uplinks: z.array(z.looseObject({ instance: z.string() })),
});

async function run(connection = file): Promise<{ code: number; report: z.infer<typeof reportSchema> }> {
  const { code, stdout, stderr } = await kestrelctl(['status', '-o', 'json'], { KESTREL_CONNECTION: connection });
  expect(stderr).toBe('');
  const report = reportSchema.parse(JSON.parse(stdout));
  expect(code).toBe(report.ok ? 0 : 1);
  return { code, report };
}

const status = async (): Promise<z.infer<typeof reportSchema>> => (await run()).report;

describe('kestrelctl status', () => {
  test('given everything up then all of it is told with where it was read, and the exit code is 0', async () => {
    const { code, report } = await run();
    expect(report.problems).toEqual([]);
    expect(code).toBe(0);
    expect(report.services).toMatchObject([
      { service: 'ingester', reachable: true, ready: true, from: ingester.entry.adminUrl },
      { service: 'uplink', reachable: true, ready: true },
    ]);
    expect(report.streams).toContainEqual(
      expect.objectContaining({
        stream: 'KESTREL_RESOURCES',
        from: 'DATA',
        state: 'present',
        messages: 3,
        firstSeq: 1,
        lastSeq: 3,
        epoch: expect.any(String),
        lastAt: expect.any(String),
      }),
    );
    expect(report.streams).toContainEqual({ stream: 'KESTREL_FLOWS', from: 'DATA', state: 'absent' });
    expect(report.leases).toMatchObject([
      {
        account: 'DATA',
        leases: [{ key: 'ingester.main', holder: 'ingester-1', term: 1, expiresAt: expect.any(String) }],
      },
      { account: 'CONTROL', leases: [{ key: 'uplink.main', holder: 'uplink-1', term: 1 }] },
    ]);
    expect(report.lags).toMatchObject([
      { stream: 'KESTREL_RESOURCES', committedSeq: 3, behind: 0, from: `${uplink.entry.adminUrl}/statusz` },
    ]);
    expect(report.uplinks).toMatchObject([
      { role: 'active', term: 1, session: { id: 's-1' }, rejected: 4, gaps: [gap] },
    ]);
  });

  test('given a table then every section and the verdict are shown', async () => {
    const { code, stdout } = await kestrelctl(['--connection', file, 'status']);
    expect(code).toBe(0);
    for (const part of [
      /^ingester +ingester-1 +active +ready +http/m,
      /^KESTREL_RESOURCES +3 +\d+ B +1 +3 /m,
      /^uplink\.main +uplink-1 +1 /m,
      /^KESTREL_FLOWS +1 to 9 +9 +retention /m,
    ]) {
      expect(stdout).toMatch(part);
    }
    expect(stdout).toMatch(/^OK: everything was read and is ready\n$/m);
  });

  test('given a service that is not ready then its reason is told', async () => {
    uplink.component.notReady('the cloud refuses the certificate: expired');
    expect((await status()).problems).toEqual([
      'uplink uplink-1: cloud session: the cloud refuses the certificate: expired',
    ]);
    const { stdout } = await kestrelctl(['--connection', file, 'status']);
    expect(stdout).toMatch(/NOT READY/);
    expect(stdout).toMatch(/cloud session: the cloud refuses the certificate: expired, for/);
  });

  test('given the uplink down then its row says so, and the lag comes from the mirror', async () => {
    await uplink[Symbol.asyncDispose]();
    const report = await status();
    expect(report.problems).toEqual([expect.stringMatching(/^uplink uplink-1: .*ECONNREFUSED/)]);
    expect(report.services).toMatchObject([{ reachable: true }, { reachable: false, error: expect.any(String) }]);
    expect(report.lags).toMatchObject([
      { stream: 'KESTREL_RESOURCES', committedSeq: 2, behind: 1, from: 'bucket kestrel_uplink' },
    ]);
    expect(report.uplinks).toEqual([]);
  });

  test('given an admin port where something else answers then that is told', async () => {
    const other = createServer((_, response) => response.end('[]')).listen(await freePort(), '127.0.0.1');
    await once(other, 'listening');
    stack.defer(() => void other.close());
    const address = other.address();
    const adminUrl = typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '';
    const foreign = await fixture.connectionFile('foreign.json', [{ ...ingester.entry, adminUrl }, uplink.entry]);
    expect((await run(foreign)).report.problems).toEqual([
      expect.stringMatching(/not as an admin port of this product/),
    ]);
  });

  test('given NATS down then both accounts say so and the services are still told', async () => {
    await fixture.nats.stop();
    const { code, report } = await run();
    expect(code).toBe(1);
    expect(report.accounts).toMatchObject([{ connected: false }, { connected: false }]);
    expect(report.services).toMatchObject([{ ready: true }, { ready: true }]);
    expect(report.problems).toEqual([
      expect.stringMatching(/^account DATA: no bus at .*ECONNREFUSED/),
      expect.stringMatching(/^account CONTROL: no bus at .*ECONNREFUSED/),
    ]);
    expect(report.streams.every(({ state }) => state === 'unread')).toBe(true);
    expect(report.lags).toMatchObject([{ reason: 'the stream could not be read' }]);
  });

  test('given a NATS server that hangs then that is told in time', async () => {
    fixture.nats.pause();
    try {
      expect((await status()).problems).toEqual([
        expect.stringMatching(/^account DATA: /),
        expect.stringMatching(/^account CONTROL: /),
      ]);
    } finally {
      fixture.nats.resume();
    }
  });

  test('given everything down then everything is a row with its reason', async () => {
    await Promise.all([ingester[Symbol.asyncDispose](), uplink[Symbol.asyncDispose](), fixture.nats.stop()]);
    const { code, report } = await run();
    expect(code).toBe(1);
    expect(report.problems).toHaveLength(4);
    const { code: tableCode, stdout } = await kestrelctl(['--connection', file, 'status']);
    expect(tableCode).toBe(1);
    expect(stdout).toMatch(/^NOT OK$/m);
    expect(stdout.match(/UNREACHABLE/g)).toHaveLength(4);
  });

  test('given a key that the server does not know, and one that is not there, then each account says so', async () => {
    const wrong = await fixture.connectionFile('wrong.json', [ingester.entry, uplink.entry], {
      inspector: { seedFile: 'inspector-control.nk' },
      inspectorControl: { seedFile: 'none.nk' },
    });
    const { report } = await run(wrong);
    // The other user's key is let in, but into the other account: it may ask for nothing it needs.
    expect(report.problems).toContainEqual(
      expect.stringMatching(/^account CONTROL: the seed of inspector-control cannot be read/),
    );
    expect(report.problems.filter((problem) => problem.startsWith('stream '))).not.toEqual([]);
    expect(report.ok).toBe(false);
  });

  test('given a lease that its holder gave up then nobody holds it, and its highest term is told', async () => {
    const election = new LeaseElection(data, { key: leaseKey('ingester', 'other'), holder: 'x', log: silent });
    const running = election.run(() => Promise.resolve());
    await eventually(async () => (await status()).leases[0]?.leases.length === 2);
    await election[Symbol.asyncDispose]();
    await running;
    const report = await eventually(async () => {
      const { report: now } = await run();
      return now.problems.length > 0 && now;
    });
    expect(report.problems).toEqual(['lease ingester.other: nobody holds it']);
    expect(report.leases[0]?.leases).toContainEqual({ key: 'ingester.other', term: 1 });
  });

  test('given --watch then reports go on until it is interrupted', async () => {
    const running = startKestrelctl(['--connection', file, 'status', '--watch', '-o', 'json']);
    await eventually(() => running.stdout().split('\n').length > 2);
    running.interrupt();
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    for (const line of stdout.trim().split('\n')) expect(reportSchema.parse(JSON.parse(line)).ok).toBe(true);
  });
});

describe('kestrelctl config check --connection', () => {
  test('given a sound connection then each user and port is told, though nothing need be ready', async () => {
    uplink.component.notReady('no cloud');
    const { code, stdout } = await kestrelctl(['config', 'check', '--connection', file]);
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => line.includes(': ok, '))).toHaveLength(4);
    expect(stdout).toMatch(/user inspector at nats:\S+: ok, account DATA, nats-server \d+\.\d+/);
  });

  test('given a wrong user, a missing seed and a closed port then each is told and the exit code is 2', async () => {
    await uplink[Symbol.asyncDispose]();
    const wrong = await fixture.connectionFile('wrong.json', [ingester.entry, uplink.entry], {
      inspector: { seedFile: 'inspector-control.nk' },
      inspectorControl: { seedFile: 'none.nk' },
    });
    const { code, stdout } = await kestrelctl(['config', 'check', '--connection', wrong]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/user inspector at \S+: may not ask for streams/);
    expect(stdout).toMatch(/user inspector-control at \S+: the seed of inspector-control cannot be read/);
    expect(stdout).toMatch(/uplink uplink-1 at \S+: fetch failed: .*ECONNREFUSED/);
  });
});
