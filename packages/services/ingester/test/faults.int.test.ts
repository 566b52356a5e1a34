import type { Bus } from '@kestrel/bus';
import { type ControlPlane, eventually, type KubeManifest, startControlPlane } from '@kestrel/testkit';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { networkPolicy } from './sample.ts';
import {
  connectAs,
  createStream,
  deleteStream,
  ingesterEnv,
  readEvents,
  readRecord,
  readStream,
  runIngester,
  type RunningIngester,
  startTestBus,
  type TestBus,
} from './support.ts';

const DELETED = 'ai.usekestrel.resource.deleted.v1';

const writerSchema = z.object({ published: z.number(), unchanged: z.number() });

let plane: ControlPlane;
let bus: TestBus;
let inspector: Bus;
let env: Record<string, string> & AsyncDisposable;

beforeAll(async () => {
  [plane, bus] = await Promise.all([startControlPlane(), startTestBus()]);
  inspector = await connectAs(bus, 'inspector');
  env = await ingesterEnv(bus, plane);
});
afterAll(async () => {
  await env?.[Symbol.asyncDispose]();
  await inspector?.[Symbol.asyncDispose]();
  await bus?.[Symbol.asyncDispose]();
  await plane?.[Symbol.asyncDispose]();
});

const policy = (name: string) =>
  readRecord(inspector, { group: 'networking.k8s.io', kind: 'NetworkPolicy', namespace: 'default', name });
const authorizationPolicy = (name: string, spec: unknown): KubeManifest => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'default' },
  spec,
});
const isReady = (ingester: RunningIngester, component: string) =>
  ingester.ctx.health.readiness().components[component]?.ready;

/** A version of a CRD without schema. */
function crdVersion(name: string, storage: boolean) {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return { name, served: true, storage, schema: { openAPIV3Schema } };
}

/** PeerAuthentication, stored in one version and served in another by a webhook that does not exist. */
function brokenCrd(): KubeManifest {
  const clientConfig = { url: 'https://127.0.0.1:1/convert' };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'peerauthentications.security.istio.io' },
    spec: {
      group: 'security.istio.io',
      scope: 'Namespaced',
      names: { kind: 'PeerAuthentication', plural: 'peerauthentications', singular: 'peerauthentication' },
      versions: [crdVersion('v1beta1', true), crdVersion('v1', false)],
      conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig } },
      preserveUnknownFields: false,
    },
  };
}

/** The types of all messages about the accounts. */
async function accountTypes(): Promise<string[]> {
  const stream = await readStream(inspector);
  return [...stream.values()].filter((one) => one.subject.includes('.account-')).map((one) => one.type);
}

const accounts = (count: number): KubeManifest[] =>
  Array.from({ length: count }, (_, at) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: `account-${at}`, namespace: 'default' },
  }));

describe('given a running ingester', () => {
  test('when the stream is deleted, then it is made again and filled', async () => {
    await plane.kube.apply(networkPolicy('kept', 'default', {}));
    await using _ingester = await runIngester(env);
    await eventually(() => policy('kept'));
    const before = await readStream(inspector);
    await deleteStream(bus, 'KESTREL_RESOURCES');
    await plane.kube.apply(networkPolicy('new', 'default', {}));
    await eventually(() => policy('new'));
    const after = await readStream(inspector);
    const living = [...before.values()].filter((one) => one.type !== DELETED);
    expect(living.map(({ subject }) => after.get(subject)?.json)).toEqual(living.map(({ json }) => json));
  });

  test('when nats-server is killed and comes back, then changes of the meantime arrive', async () => {
    await using _ingester = await runIngester(env);
    await eventually(() => policy('kept'));
    await bus.server.kill9();
    await plane.kube.apply(networkPolicy('bus-away', 'default', {}));
    await plane.kube.delete(networkPolicy('new', 'default', {}));
    await bus.server.start();
    expect(await eventually(() => policy('bus-away'))).toMatchObject({ ref: { name: 'bus-away' } });
    const subject = 'kestrel.resources.networking_k8s_io.NetworkPolicy.default.new';
    expect(await eventually(async () => (await readStream(inspector)).get(subject)?.type === DELETED)).toBe(true);
  });

  test('when the API server is killed and comes back, then changes arrive again', async () => {
    await using ingester = await runIngester(env);
    await eventually(() => policy('kept'));
    await plane.kill9ApiServer();
    expect(await eventually(() => isReady(ingester, 'watch Pod') === false)).toBe(true);
    await plane.restartApiServer();
    await plane.kube.apply(networkPolicy('api-away', 'default', {}));
    await eventually(() => policy('api-away'), { timeoutMs: 60_000 });
    await eventually(() => ingester.ctx.health.readiness().ready, { timeoutMs: 60_000 });
  });

  test('after all this, a restart publishes nothing: the stream is exactly the cluster', async () => {
    await using ingester = await runIngester(env);
    const living = [...(await readStream(inspector)).values()].filter((one) => one.type !== DELETED);
    await eventually(() => writerSchema.parse(ingester.ctx.status.read()['writer']).unchanged >= living.length);
    const { published } = writerSchema.parse(ingester.ctx.status.read()['writer']);
    expect(published).toBe(0);
  });

  test('when an object cannot be normalized, then it is a loss with its reference and the others go on', async () => {
    await plane.kube.applyCrd('AuthorizationPolicy');
    await using ingester = await runIngester(env);
    await plane.kube.apply(authorizationPolicy('odd', ['not', 'a', 'spec']), authorizationPolicy('good', {}));
    const key = { group: 'security.istio.io', kind: 'AuthorizationPolicy', namespace: 'default', name: 'good' };
    await eventually(() => readRecord(inspector, key));
    const loss = await eventually(async () =>
      (await readEvents(inspector)).find((event) => event.type === 'ai.usekestrel.loss.recorded.v1'),
    );
    expect(loss.json).toMatchObject({
      source: 'ingester',
      reason: 'LOSS_REASON_NOT_NORMALIZED',
      object: { kind: 'AuthorizationPolicy', namespace: 'default', name: 'odd' },
    });
    expect(ingester.ctx.status.read()['losses']).toMatchObject({ count: 1 });
  });
});

describe('given a stream that is not as the product makes it', () => {
  test('when an ingester may not write to it, then it is not ready and says why, until a person has decided', async () => {
    await using other = await startTestBus();
    await createStream(other, { name: 'KESTREL_RESOURCES', subjects: ['kestrel.resources.>'] });
    await using otherEnv = await ingesterEnv(other, plane);
    await using ingester = await runIngester({ ...otherEnv, KINDS: 'Namespace' });
    const writer = () => ingester.ctx.health.readiness().components['writer'];
    await eventually(() => writer()?.reason?.includes('KESTREL_RESOURCES cannot be used as it is: storage is memory'));
    expect(ingester.ctx.health.readiness().ready).toBe(false);
    await deleteStream(other, 'KESTREL_RESOURCES');
    await eventually(() => ingester.ctx.health.readiness().ready);
  });
});

describe('given an ingester without the right to read one kind', () => {
  test('when it runs, then the other kinds are written, what stood of that one stays, and readiness says why', async () => {
    const rules = [{ apiGroups: [''], resources: ['namespaces', 'pods'], verbs: ['get', 'list', 'watch'] }];
    await plane.kube.apply(
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'limited' }, rules },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'limited' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'limited' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'limited' }],
      },
    );
    const kubeconfig = join(plane.dataDir, 'limited.kubeconfig');
    await writeFile(kubeconfig, plane.kubeconfig(plane.token('limited')));
    await plane.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'seen' } });
    await using ingester = await runIngester({
      ...env,
      KUBECONFIG_FILE: kubeconfig,
      KINDS: 'Namespace,Pod,NetworkPolicy',
    });
    await eventually(() => readRecord(inspector, { group: '', kind: 'Namespace', namespace: '', name: 'seen' }));
    expect((await policy('kept')).ref?.name).toBe('kept');
    await eventually(() => ingester.ctx.health.readiness().components['watch NetworkPolicy']?.reason === 'forbidden');
    expect(ingester.ctx.health.readiness().components['watch Pod']?.ready).toBe(true);
  });
});

describe('given a kind that has lost more than a third of its objects', () => {
  test('when a new ingester finds it, then it reports a finding, and removes them after a second list', async () => {
    const all = accounts(60);
    await plane.kube.apply(...all);
    {
      await using _ingester = await runIngester(env);
      await eventually(async () => (await accountTypes()).length === 60);
    }
    await plane.kube.delete(...all.slice(0, 40));
    await using _ingester = await runIngester(env);
    const finding = await eventually(async () =>
      (await readEvents(inspector)).find((event) => event.type === 'ai.usekestrel.finding.reported.v1'),
    );
    expect(finding.json).toMatchObject({ code: 'mass_shrink_held' });
    await eventually(async () => (await accountTypes()).filter((type) => type === DELETED).length === 40);
  });
});

// Last: what it breaks stays broken.
describe('given a kind whose objects the API server cannot convert', () => {
  test('when its first sync goes on failing, then the others are written without it, and readiness says why', async () => {
    await plane.kube.apply(brokenCrd());
    const old = {
      apiVersion: 'security.istio.io/v1beta1',
      kind: 'PeerAuthentication',
      metadata: { name: 'old', namespace: 'default' },
    };
    await eventually(async () => (await plane.kube.apply(old)).length === 1);
    await plane.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'beside' } });
    await using ingester = await runIngester({ ...env, FIRST_SYNC_PATIENCE: '1s' });
    const record = await eventually(() =>
      readRecord(inspector, { group: '', kind: 'Namespace', namespace: '', name: 'beside' }),
    );
    expect(record.ref?.name).toBe('beside');
    expect(isReady(ingester, 'watch PeerAuthentication')).toBe(false);
    expect(isReady(ingester, 'watch Pod')).toBe(true);
  });
});
