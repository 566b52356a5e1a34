import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually, spawnProcess, tempDir, type ManagedProcess } from '@kestrel/testkit';
import * as z from 'zod';
import { pod, podDigest, statusChange } from './support/events.ts';
import { ControlClient } from './support/control-client.ts';
import { enrol, readValues, TestUplink, type Identity } from './support/test-uplink.ts';

const EVENTS = 'KESTREL_EVENTS';
const main = join(import.meta.dirname, '../src/main.ts');
const endpointsSchema = z.object({
  pid: z.number(),
  session: z.object({ address: z.string() }),
  control: z.object({ url: z.string(), tokenFile: z.string() }),
  clusters: z.array(z.object({ id: z.string(), name: z.string(), valuesFile: z.string() })).min(1),
});
type Endpoints = z.output<typeof endpointsSchema>;

let open: AsyncDisposableStack;
let dataDir: string;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  dataDir = open.use(await tempDir('kestrel-cloud-')).path;
});
afterEach(async () => await open.disposeAsync());

/** Starts the cloud as its own process on the folder; it serves on return. */
async function start(): Promise<{ process: ManagedProcess; endpoints: Endpoints }> {
  const process = open.use(
    await spawnProcess({
      name: 'dev-cloud',
      command: execPath,
      args: [main],
      env: { DATA_DIR: dataDir, CLUSTER_NAME: 'shop', ADMIN_PORT: '0', ADMIN_HOST: '127.0.0.1' },
    }),
  );
  const endpoints = await eventually(
    async () => {
      if (process.exit) throw new Error(process.output());
      const found = endpointsSchema.parse(JSON.parse(await readFile(join(dataDir, 'endpoints.json'), 'utf8')));
      return found.pid === process.pid && found;
    },
    { message: 'the cloud serves' },
  );
  return { process, endpoints };
}

async function kill(process: ManagedProcess): Promise<void> {
  process.kill('SIGKILL');
  await process.exited;
}

const identityOf = async ({ clusters }: Endpoints): Promise<Identity> =>
  await enrol(readValues(clusters[0]?.valuesFile ?? ''));

describe('the cloud as a process', () => {
  test('given a cloud that is killed while events come in, then what it committed is there and nothing else is', async () => {
    let cloud = await start();
    const identity = await identityOf(cloud.endpoints);
    let next = 1;
    for (let round = 0; round < 3; round += 1) {
      using uplink = await TestUplink.welcomed(identity);
      const cursor = uplink.welcome.cursors.find(({ stream }) => stream === EVENTS);
      if (cursor?.epoch === '') uplink.epoch(EVENTS, 'e1');
      next = Number(cursor?.committedSeq ?? 0n) + 1;
      const pastSeq = next + 50 * (round + 1);
      while (!uplink.commits(EVENTS).some(({ committedSeq }) => committedSeq >= BigInt(pastSeq))) {
        await uplink.batch(EVENTS, [statusChange(next), statusChange(next + 1), statusChange(next + 2)]);
        next += 3;
      }
      await kill(cloud.process);
      const said = Number(uplink.commits(EVENTS).at(-1)?.committedSeq ?? 0n);
      cloud = await start();
      const control = await ControlClient.open(cloud.endpoints.control);
      const kept = (await control.lines(`/events?stream=${EVENTS}`)).map(({ seq }) => seq);
      expect(kept).toEqual(Array.from(kept, (_, index) => index + 1));
      expect(kept.length).toBeGreaterThanOrEqual(said);
      expect(await control.get('/cursors')).toMatchObject([{ stream: EVENTS, seq: kept.length }]);
      expect(await control.get('/violations')).toEqual([]);
      expect(await control.get('/sessions')).toContainEqual(
        expect.objectContaining({ endReason: 'the cloud was killed' }),
      );
    }
  });

  test('given a restart, then ports, authorities and clients are the same, and old certificates and tokens hold', async () => {
    const first = await start();
    const identity = await identityOf(first.endpoints);
    const token = await identity.token();
    expect(await first.process.stop()).toBe('terminated');
    expect(first.process.exit).toMatchObject({ code: 0 });
    await expect(stat(join(dataDir, 'endpoints.json'))).rejects.toMatchObject({ code: 'ENOENT' });
    const second = await start();
    expect({ ...second.endpoints, pid: 0 }).toEqual({ ...first.endpoints, pid: 0 });
    using uplink = await TestUplink.open(identity, { token });
    uplink.hello({ clusterId: identity.values.cluster.id });
    await uplink.first((frame) => (frame.$case === 'welcome' ? frame.value : undefined));
  });

  test('given a session, when the cloud is stopped, then it says that it drains', async () => {
    const cloud = await start();
    using uplink = await TestUplink.welcomed(await identityOf(cloud.endpoints));
    uplink.epoch(EVENTS, 'e1');
    await uplink.batch(EVENTS, [statusChange(1)]);
    const stopped = cloud.process.stop();
    expect(await uplink.goAway()).toMatchObject({ message: 'the cloud stops' });
    expect(await stopped).toBe('terminated');
  });
});

describe('the control API', () => {
  test('given no token or a wrong one, then nothing is answered', async () => {
    const { endpoints } = await start();
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      expect((await fetch(`${endpoints.control.url}/status`, { headers })).status).toBe(401);
    }
    expect((await stat(endpoints.control.tokenFile)).mode & 0o777).toBe(0o600);
  });

  test('given a follower, when events are committed, then it gets their lines as they come', async () => {
    const { endpoints } = await start();
    const control = await ControlClient.open(endpoints.control);
    using uplink = await TestUplink.welcomed(await identityOf(endpoints));
    uplink.epoch(EVENTS, 'e1');
    await uplink.batch(EVENTS, [statusChange(1), statusChange(2)]);
    await uplink.committed(EVENTS, 2);
    await using follower = await control.follow(`/events?stream=${EVENTS}&after=1&follow=true`);
    await eventually(() => follower.lines.length === 1);
    await uplink.batch(EVENTS, [statusChange(3)]);
    await eventually(() => follower.lines.length === 2);
    expect(follower.lines).toMatchObject([
      { stream: EVENTS, epoch: 'e1', seq: 2, attributes: { 'ce-type': 'ai.usekestrel.status.changed.v1' } },
      { stream: EVENTS, epoch: 'e1', seq: 3, data: { component: 'watch Pod', ready: true } },
    ]);
  });

  test('given an inventory, faults and another cluster by request, then each does as it says', async () => {
    const { endpoints } = await start();
    const control = await ControlClient.open(endpoints.control);
    using uplink = await TestUplink.welcomed(await identityOf(endpoints));
    uplink.epoch('KESTREL_RESOURCES', 'e1');
    await uplink.snapshot('s1', [pod(4, 'web')], { seq: 4 });
    await uplink.committed('KESTREL_RESOURCES', 4);
    expect(await control.get('/inventory')).toMatchObject([
      {
        subject: 'kestrel.resources.core.Pod.shop.web',
        seq: 4,
        digest: podDigest(4, 'web'),
        resource: { ref: { name: 'web' } },
      },
    ]);
    expect(await control.post('/clusters', { name: 'bank' })).toMatchObject({ name: 'bank' });
    expect(await control.get('/inventory?cluster=bank')).toEqual([]);
    await expect(control.get('/inventory')).rejects.toThrow('which cluster?');
    await expect(control.post('/faults?cluster=shop', { dropComits: true })).rejects.toThrow('Unrecognized key');
    expect(await control.post('/faults?cluster=shop', { forgetLast: 1 })).toMatchObject({ forgotten: 1 });
    expect(await control.get('/inventory?cluster=shop')).toEqual([]);
  });
});
