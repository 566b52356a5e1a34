import { type ControlPlane, eventually, startControlPlane } from '@kestrel/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { connectAs, ingesterEnv, readRecord, readStream, runIngester, startTestBus, type TestBus } from './support.ts';

const statusSchema = z.object({
  kinds: z.array(z.object({ syncs: z.number() })),
  writer: z.object({ published: z.number(), tombstones: z.number() }),
});

let plane: ControlPlane;
let bus: TestBus;

beforeAll(async () => {
  [plane, bus] = await Promise.all([startControlPlane(), startTestBus()]);
});
afterAll(async () => {
  await bus?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
});

test('given a real API server, when the ingester runs with Namespaces only, then each has its record, and later lists of the same write nothing', async () => {
  await using env = await ingesterEnv(bus, plane);
  await using ingester = await runIngester({ ...env, KINDS: 'Namespace', FULL_SYNC_INTERVAL: '1s' });
  await using inspector = await connectAs(bus, 'inspector');
  await plane.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'a' } } });
  const record = await eventually(() =>
    readRecord(inspector, { group: '', kind: 'Namespace', namespace: '', name: 'shop' }),
  );
  expect(record.labels).toMatchObject({ team: 'a', 'kubernetes.io/metadata.name': 'shop' });
  expect(record.spec).toEqual({ $case: 'namespace', value: { phase: 'Active' } });
  const listed = await plane.kube.list('/api/v1/namespaces');
  const names = listed.items.map((item) => `kestrel.resources.core.Namespace._.${item.metadata.name}`);
  await eventually(async () => {
    expect([...(await readStream(inspector)).keys()].toSorted()).toEqual(names.toSorted());
    return true;
  });
  const status = () => statusSchema.parse(ingester.ctx.status.read());
  const before = status();
  const syncs = Math.max(...before.kinds.map((kind) => kind.syncs));
  await eventually(() => status().kinds.every((kind) => kind.syncs >= syncs + 2));
  expect(status().writer).toEqual(before.writer);
});
