import type { Bus } from '@kestrel/bus';
import { type ControlPlane, eventually, type KubeManifest, startControlPlane } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { networkPolicy, others, pod, workload } from './sample.ts';
import { connectAs, ingesterEnv, readRecord, readStream, runIngester, startTestBus, type TestBus } from './support.ts';

const DELETED = 'ai.usekestrel.resource.deleted.v1';
const namespace = 'shop';
const labels = { app: 'web' };

let plane: ControlPlane;
let bus: TestBus;
let inspector: Bus;
let env: Record<string, string> & AsyncDisposable;

async function applyOwned(
  manifest: KubeManifest,
): Promise<{ kind: string; name: string; uid: string; apiVersion: string }> {
  const [applied] = await plane.kube.apply(manifest);
  const uid = applied?.metadata.uid;
  if (uid === undefined) throw new Error('the API server gave no uid');
  return { apiVersion: manifest.apiVersion, kind: manifest.kind, name: manifest.metadata.name, uid };
}

const webPolicy = () =>
  readRecord(inspector, { group: 'networking.k8s.io', kind: 'NetworkPolicy', namespace, name: 'web' });

beforeAll(async () => {
  [plane, bus] = await Promise.all([startControlPlane(), startTestBus()]);
  inspector = await connectAs(bus, 'inspector');
  env = await ingesterEnv(bus, plane);
  await plane.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...others(namespace));
  const deployment = await applyOwned(workload('Deployment', 'web', { namespace, labels }));
  const replicaSet = await applyOwned(workload('ReplicaSet', 'web-1', { namespace, labels, owner: deployment }));
  await plane.kube.apply(
    workload('StatefulSet', 'db', { namespace, labels: { app: 'db' } }),
    workload('DaemonSet', 'agent', { namespace, labels: { app: 'agent' } }),
    pod('web-1-a', { namespace, labels, owner: replicaSet }),
    pod('web-1-b', { namespace, labels, owner: replicaSet }),
    pod('lonely', { namespace, labels: { app: 'lonely' } }),
  );
});
afterAll(async () => {
  await env?.[Symbol.asyncDispose]();
  await inspector?.[Symbol.asyncDispose]();
  await bus?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
});

describe('given a cluster with every built-in kind', () => {
  test('when the ingester runs, then each object has its record, joined, and no secret is on the bus', async () => {
    await using _ingester = await runIngester(env);
    const record = await eventually(() =>
      readRecord(inspector, { group: '', kind: 'Pod', namespace, name: 'web-1-a' }),
    );
    expect(record.owners.map((owner) => [owner.kind, owner.name, owner.resolved])).toEqual([
      ['ReplicaSet', 'web-1', true],
      ['Deployment', 'web', true],
    ]);
    expect(record.spec).toMatchObject({
      $case: 'pod',
      value: { workload: { group: 'apps', kind: 'Deployment', namespace, name: 'web' }, serviceAccount: 'default' },
    });
    expect(record.annotations).toEqual({ 'kestrel.ai/owner': 'team-a' });
    const policy = await webPolicy();
    expect(policy.spec).toMatchObject({
      value: { selectedPods: 2, selectedWorkloads: [{ kind: 'Deployment', name: 'web' }], selectionUnknown: '' },
    });
    const stored = [...(await readStream(inspector)).values()];
    expect(JSON.stringify(stored)).not.toContain('SECRET-');
    const kinds = new Set(stored.map((one) => one.subject.split('.')[3] ?? ''));
    expect([...kinds].toSorted((a, b) => a.localeCompare(b))).toEqual(
      'CronJob DaemonSet Deployment EndpointSlice Ingress Job Namespace NetworkPolicy Node Pod ReplicaSet Service ServiceAccount StatefulSet'.split(
        ' ',
      ),
    );
  });

  test('when it restarts on an unchanged cluster, then nothing is published', async () => {
    const before = await readStream(inspector);
    await using ingester = await runIngester(env);
    await eventually(() => Object(ingester.ctx.status.read()['writer']).unchanged >= before.size);
    expect(await readStream(inspector)).toEqual(before);
    expect(ingester.ctx.status.read()['writer']).toMatchObject({ published: 0, tombstones: 0 });
  });

  test('when an object went while the ingester was down, then it gets a tombstone, and only it', async () => {
    await plane.kube.delete(pod('lonely', { namespace }));
    const before = await readStream(inspector);
    await using _ingester = await runIngester(env);
    const subject = `kestrel.resources.core.Pod.${namespace}.lonely`;
    const tombstone = await eventually(async () => {
      const stored = (await readStream(inspector)).get(subject);
      return stored?.type === DELETED ? stored : undefined;
    });
    expect(tombstone.json).toMatchObject({
      reason: 'REASON_NOT_LISTED',
      ref: { kind: 'Pod', namespace, name: 'lonely' },
    });
    const after = await readStream(inspector);
    before.delete(subject);
    after.delete(subject);
    expect(after).toEqual(before);
  });

  test('when labels of a pod change, then the policies that select it follow', async () => {
    await using _ingester = await runIngester(env);
    await eventually(async () => (await webPolicy()).spec);
    const patch = { metadata: { labels: { app: 'other' } } };
    const contentType = 'application/merge-patch+json';
    await plane.kube.request('PATCH', `/api/v1/namespaces/${namespace}/pods/web-1-b`, patch, { contentType });
    await eventually(async () => {
      expect((await webPolicy()).spec).toMatchObject({ value: { selectedPods: 1 } });
      return true;
    });
  });

  test('when a CRD appears and goes, then its objects come and get tombstones', async () => {
    const config = { discoveryIntervalMs: 200 };
    await using _ingester = await runIngester(env, { config });
    const policy: KubeManifest = {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'l7', namespace },
      spec: { endpointSelector: { matchLabels: { 'k8s:app': 'web' } } },
    };
    await plane.kube.applyCrd('CiliumNetworkPolicy');
    await plane.kube.apply(policy);
    const key = { group: 'cilium.io', kind: 'CiliumNetworkPolicy', namespace, name: 'l7' };
    const record = await eventually(() => readRecord(inspector, key));
    expect(record.spec).toMatchObject({ value: { selectedPods: 1, selectionUnknown: '' } });
    await plane.kube.deleteCrd('CiliumNetworkPolicy');
    await eventually(async () => {
      const stored = (await readStream(inspector)).get(
        `kestrel.resources.cilium_io.CiliumNetworkPolicy.${namespace}.l7`,
      );
      return stored?.type === DELETED;
    });
  });

  test('when an object is deleted and made again under its name, then the record has the new uid', async () => {
    await using _ingester = await runIngester(env);
    const key = { group: 'networking.k8s.io', kind: 'NetworkPolicy', namespace, name: 'again' };
    await plane.kube.apply(networkPolicy('again', namespace, {}));
    const first = await eventually(() => readRecord(inspector, key));
    await plane.kube.delete(networkPolicy('again', namespace, {}));
    await plane.kube.apply(networkPolicy('again', namespace, {}));
    const second = await eventually(async () => {
      const record = await readRecord(inspector, key);
      return record.ref?.uid === first.ref?.uid ? undefined : record;
    });
    expect(second.ref?.name).toBe('again');
  });
});
