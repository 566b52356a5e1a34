import { type ControlPlane, eventually, startControlPlane } from '@kestrel/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectAs, ingesterEnv, readRecord, readStream, runIngester, startTestBus, type TestBus } from './support.ts';

let plane: ControlPlane;
let bus: TestBus;

beforeAll(async () => {
  [plane, bus] = await Promise.all([startControlPlane(), startTestBus()]);
});
afterAll(async () => {
  await bus?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
});

test('given a real API server, when the ingester runs with Namespaces only, then each has its record', async () => {
  await using env = await ingesterEnv(bus, plane);
  await using _ingester = await runIngester({ ...env, KINDS: 'Namespace' });
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
});
