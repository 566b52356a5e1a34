import { ensureStreams, eventHeaders, Publisher, subjects, type Bus, type ResourceKey } from '@kestrel/bus';
import { EVENT_TYPES } from '@kestrel/proto/events';
import { eventually } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { silent, startBusFixture, type BusFixture } from './bus-fixture.ts';
import { kestrelctl, startKestrelctl, type Ran } from './run-kestrelctl.ts';

let fixture: BusFixture;
let ingester: Bus;
let file: string;
let count = 0;

beforeAll(async () => {
  fixture = await startBusFixture();
  ingester = await fixture.connect('ingester');
  await ensureStreams(ingester, ['KESTREL_RESOURCES', 'KESTREL_EVENTS'], { log: silent });
  file = await fixture.connectionFile('connection.json', []);
  for (let round = 0; round < 3; round += 1) {
    for (let at = 0; at < 8; at += 1) await observe({ group: '', kind: 'Pod', namespace: 'shop', name: `cart-${at}` });
    await observe({ group: '', kind: 'Pod', namespace: 'bank', name: 'vault' });
    await observe({ group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'cart' });
  }
  await observe({ group: '', kind: 'Node', namespace: '', name: 'n.1' });
  await publish('KESTREL_EVENTS', subjects.event('ingester', 'finding'), EVENT_TYPES.findingReported, {
    code: 'mass_shrink_held',
    summary: 'a shrink is held',
  });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

async function publish(stream: 'KESTREL_RESOURCES' | 'KESTREL_EVENTS', subject: string, type: string, body: unknown) {
  await using publisher = new Publisher(ingester, { stream, log: silent, inFlightMax: 10, ackTimeoutMs: 5_000 });
  count += 1;
  const headers = eventHeaders({ id: `t/${count}`, source: '/ingester/t', type, time: new Date() });
  await publisher.publish({ subject, msgId: `t/${count}`, headers, data: Buffer.from(JSON.stringify(body)) });
}

async function observe(ref: ResourceKey): Promise<void> {
  await publish('KESTREL_RESOURCES', subjects.resource(ref), EVENT_TYPES.resourceObserved, { ref });
}

const eventSchema = z.object({
  stream: z.string(),
  seq: z.number(),
  time: z.iso.datetime(),
  subject: z.string(),
  attributes: z.record(z.string(), z.string()),
  headers: z.record(z.string(), z.string()),
  data: z.looseObject({ ref: z.looseObject({ kind: z.string(), name: z.string() }).optional() }),
});

function events(jsonLines: string): z.infer<typeof eventSchema>[] {
  return jsonLines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => eventSchema.parse(JSON.parse(line)));
}

async function tail(...options: string[]): Promise<z.infer<typeof eventSchema>[]> {
  const { code, stdout, stderr } = await kestrelctl(['--connection', file, 'events', 'tail', '-o', 'json', ...options]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return events(stdout);
}

/** No consumer is left on the server. */
async function noConsumers(): Promise<void> {
  const inspector = await fixture.connect('inspector');
  const manager = await inspector.manager();
  await eventually(async () => (await manager.streams.info('KESTREL_RESOURCES')).state.consumer_count === 0);
}

describe('events tail', () => {
  test('given no filter then the last ten of all streams are shown in the order of time', async () => {
    const found = await tail();
    expect(found).toHaveLength(10);
    expect(found.at(-1)).toMatchObject({ stream: 'KESTREL_EVENTS', attributes: { type: EVENT_TYPES.findingReported } });
    expect(found.map(({ time }) => time)).toEqual(found.map(({ time }) => time).toSorted());
    await noConsumers();
  });

  test('given a kind and a namespace in a compacted stream then exactly the last ones of them are shown', async () => {
    const found = await tail('--kind', 'Pod', '--namespace', 'shop', '--last', '3');
    expect(found.map(({ data }) => data.ref?.name)).toEqual(['cart-5', 'cart-6', 'cart-7']);
    expect(await tail('-k', 'Pod', '-n', 'shop', '-l', '100')).toHaveLength(8);
    expect(await tail('-k', 'Pod', '-l', '100')).toHaveLength(9);
    expect(await tail('-n', '', '-l', '100')).toMatchObject([{ data: { ref: { kind: 'Node', name: 'n.1' } } }]);
    expect(await tail('-g', 'core', '-n', 'shop', '-l', '100')).toHaveLength(8);
    await noConsumers();
  });

  test('given filters that nothing matches, or a stream that is not there, then nothing is shown', async () => {
    expect(await tail('-k', 'Secret')).toEqual([]);
    expect(await tail('-s', 'flows')).toEqual([]);
    expect(await tail('-l', '0')).toEqual([]);
  });

  test('given text then each event is one readable line', async () => {
    const { stdout } = await kestrelctl(['events', 'tail', '-s', 'events'], { KESTREL_CONNECTION: file });
    expect(stdout).toMatch(
      /^\S+Z {2}events#1 {2}finding\.reported\.v1 {2}kestrel\.events\.ingester\.finding {2}mass_shrink_held: a shrink is held\n$/,
    );
  });

  test('given --follow then what comes is shown, filtered, until it is interrupted', async () => {
    const options = ['--follow', '-l', '1', '-k', 'Pod', '-n', 'shop', '-o', 'json'];
    const running = startKestrelctl(['--connection', file, 'events', 'tail', ...options]);
    await eventually(() => events(running.stdout()).length === 1);
    await observe({ group: '', kind: 'Pod', namespace: 'bank', name: 'other' });
    await observe({ group: '', kind: 'Pod', namespace: 'shop', name: 'new' });
    await eventually(() => events(running.stdout()).at(-1)?.data.ref?.name === 'new');
    running.interrupt();
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(events(stdout)).toHaveLength(2);
    await noConsumers();
  });

  test('given --follow on a stream that is not there yet then it is waited for', async () => {
    const running = startKestrelctl(['--connection', file, 'events', 'tail', '-f', '-s', 'edges', '-o', 'json']);
    await ensureStreams(ingester, ['KESTREL_EDGES'], { log: silent });
    const collector = await fixture.connect('flow-collector');
    await eventually(() => {
      collector.nc.publish(subjects.edge('n', 'hash'), '{}');
      return running.stdout() !== '';
    });
    running.interrupt();
    expect((await running.ended).code).toBe(0);
  });
});

async function get(...options: string[]): Promise<Ran> {
  return await kestrelctl(['--connection', file, 'events', 'get', ...options]);
}

describe('events get', () => {
  test('given an object then its last record is shown whole', async () => {
    const { code, stdout } = await get('--kind', 'Deployment', '--namespace', 'shop', '--name', 'cart', '-o', 'json');
    expect(code).toBe(0);
    const event = eventSchema.parse(JSON.parse(stdout));
    expect(event).toMatchObject({
      stream: 'KESTREL_RESOURCES',
      subject: 'kestrel.resources.apps.Deployment.shop.cart',
      attributes: { type: EVENT_TYPES.resourceObserved, source: '/ingester/t', datacontenttype: 'application/json' },
      data: { ref: { kind: 'Deployment', name: 'cart' } },
    });

    const byPlace = await get('--stream', 'resources', '--seq', String(event.seq), '-o', 'json');
    expect(JSON.parse(byPlace.stdout)).toEqual(event);
  });

  test('given an object of the cluster with a dot in its name then it is found, as text too', async () => {
    const { code, stdout } = await get('--kind', 'Node', '--name', 'n.1');
    expect(code).toBe(0);
    expect(stdout).toContain('kestrel.resources.core.Node._.n_1');
    expect(stdout).toContain('Node n.1\n');
    expect(stdout).toMatch(/^ce-type +ai\.usekestrel\.resource\.observed\.v1$/m);
  });

  test('given a name in two namespaces then both are told, and a namespace decides', async () => {
    await observe({ group: '', kind: 'Service', namespace: 'a', name: 'twin' });
    await observe({ group: '', kind: 'Service', namespace: 'b', name: 'twin' });
    const { code, stderr } = await get('--kind', 'Service', '--name', 'twin');
    expect(code).toBe(2);
    expect(stderr).toMatch(/several: Service a\/twin of group core, Service b\/twin of group core; say/);
    expect((await get('--kind', 'Service', '--name', 'twin', '--namespace', 'b')).code).toBe(0);
  });

  test('given nothing there then that is told with what there is', async () => {
    expect(await get('--stream', 'events', '--seq', '99')).toMatchObject({
      code: 1,
      stderr: 'kestrelctl: KESTREL_EVENTS holds nothing at 99; it goes from 1 to 1 (not_found)\n',
    });
    expect(await get('--kind', 'pod', '--name', 'x')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(not_found)'),
    });
  });

  test('given a bus that is not there then it is one line and exit 1', async () => {
    const nowhere = await fixture.connectionFile('nowhere.json', [], { servers: ['nats://127.0.0.1:9'] });
    const { code, stderr } = await kestrelctl(['--connection', nowhere, 'events', 'tail']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^kestrelctl: no bus at nats:\/\/127\.0\.0\.1:9: [^\n]* \(bus_unreachable\)\n$/);
  });
});
