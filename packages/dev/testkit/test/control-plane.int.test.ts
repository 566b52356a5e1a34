import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

import {
  CRDS,
  eventually,
  KubeStatusError,
  startControlPlane,
  tempDir,
  type ControlPlane,
  type CrdName,
} from '../src/index.ts';

let cluster: ControlPlane;
beforeAll(async () => {
  cluster = await startControlPlane();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const path = (name: string): string => `/api/v1/namespaces/default/configmaps/${name}`;

test('given the pinned release, when asked its version, then it is the stamped one', async () => {
  const { body } = await cluster.kube.request('GET', '/version');
  expect(body).toMatchObject({ major: '1', gitVersion: expect.stringMatching(/^v1\.\d+\.\d+$/) });
});

test('given an object, when applied, read and deleted, then the API server did each', async () => {
  const [applied] = await cluster.kube.apply(configMap('one', { a: 'b' }));
  expect(applied?.metadata.uid).toBeDefined();
  expect((await cluster.kube.get(path('one')))['data']).toEqual({ a: 'b' });
  const names = (await cluster.kube.list('/api/v1/namespaces/default/configmaps')).items.map(
    (one) => one.metadata.name,
  );
  expect(names).toContain('one');
  await cluster.kube.delete(configMap('one'));
  await expect(cluster.kube.get(path('one'))).rejects.toThrow(KubeStatusError);
  await cluster.kube.delete(configMap('one'));
});

test('given a pod without a service account, when applied with a status, then both are kept', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'web', image: 'web:1' }] },
    status: { phase: 'Running', podIP: '10.0.0.7' },
  };
  await cluster.kube.apply(pod);
  await cluster.kube.applyStatus(pod);
  expect((await cluster.kube.get('/api/v1/namespaces/default/pods/web'))['status']).toMatchObject(pod.status);
});

test('given a namespace, when deleted, then it is gone though no controller runs', async () => {
  await cluster.kube.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'brief' } });
  await cluster.kube.deleteNamespace('brief');
  expect((await cluster.kube.request('GET', '/api/v1/namespaces/brief')).status).toBe(404);
});

test('given a token for a user, when RBAC grants it something, then it may do that and no more', async () => {
  const token = cluster.token('eve', ['readers']);
  const read = async () => (await cluster.kube.request('GET', '/api/v1/namespaces', undefined, { token })).status;
  expect(await read()).toBe(403);
  await cluster.kube.apply(
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['list'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'readers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'readers' }],
    },
  );
  await eventually(async () => (await read()) === 200);
  expect((await cluster.kube.request('GET', '/api/v1/nodes', undefined, { token })).status).toBe(403);
});

test('given a service account, when a token is requested for it, then the API server takes it for that account', async () => {
  await cluster.kube.apply({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'sa', namespace: 'default' },
  });
  const answer = await cluster.kube.request('POST', '/api/v1/namespaces/default/serviceaccounts/sa/token', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  });
  const { token } = z.object({ status: z.object({ token: z.string() }) }).parse(answer.body).status;
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const who = await cluster.kube.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', review, {
    token,
  });
  expect(who.body).toMatchObject({ status: { userInfo: { username: 'system:serviceaccount:default:sa' } } });
});

test.each(Object.keys(CRDS).filter((name): name is CrdName => name in CRDS))(
  'given the definition of %s, when applied, then objects with any spec can be written, and it can be taken away',
  async (name) => {
    const { group, kind, versions, plural } = CRDS[name];
    await cluster.kube.applyCrd(name);
    for (const version of versions) {
      const object = { apiVersion: `${group}/${version}`, kind, metadata: { name: 'x' }, spec: { any: { thing: 1 } } };
      const [applied] = await cluster.kube.apply(object);
      expect(applied).toMatchObject({ kind, spec: { any: { thing: 1 } } });
    }
    await cluster.kube.deleteCrd(name);
    expect((await cluster.kube.request('GET', `/apis/${group}/${versions[0]}/${plural}`)).status).toBe(404);
  },
);

test('given a kubeconfig file, when read, then it holds the address, the CA and the administrator', async () => {
  const config: unknown = JSON.parse(await readFile(cluster.kubeconfigFile, 'utf8'));
  const ca = Buffer.from(cluster.caPem).toString('base64');
  expect(config).toMatchObject({
    clusters: [{ cluster: { server: cluster.url, 'certificate-authority-data': ca } }],
    users: [{ user: { token: cluster.adminToken } }],
  });
});

test('given an old version, when etcd is compacted and the API server restarted, then a watch from it gets 410', async () => {
  const { resourceVersion } = await cluster.kube.list('/api/v1/namespaces/default/configmaps');
  await cluster.kube.apply(configMap('newer', { a: '1' }));
  expect(await cluster.compact()).toBeGreaterThan(BigInt(resourceVersion));
  const pid = cluster.apiserver.process.pid;
  await cluster.restartApiServer();
  expect(cluster.apiserver.process.pid).not.toBe(pid);
  expect(await firstWatchEvent(resourceVersion)).toMatchObject({ type: 'ERROR', object: { code: 410 } });
});

test('given a killed API server, when it is started again, then all objects are there', async () => {
  await cluster.kube.apply(configMap('kept'));
  await cluster.kill9ApiServer();
  await expect(cluster.kube.get(path('kept'))).rejects.toThrow(/ECONNREFUSED|ECONNRESET|socket hang up/);
  await cluster.restartApiServer();
  expect((await cluster.kube.get(path('kept'))).metadata.name).toBe('kept');
});

test('given a snapshot, when it is restored, then later objects are gone and versions went back', async () => {
  await using dir = await tempDir();
  await cluster.snapshot(join(dir.path, 'etcd'));
  await cluster.kube.apply(...Array.from({ length: 20 }, (_, index) => configMap(`later-${index}`)));
  const before = await cluster.kube.list('/api/v1/namespaces/default/configmaps');
  await cluster.restore(join(dir.path, 'etcd'));
  const after = await cluster.kube.list('/api/v1/namespaces/default/configmaps');
  expect(after.items.map((one) => one.metadata.name)).not.toContain('later-0');
  expect(BigInt(after.resourceVersion)).toBeLessThan(BigInt(before.resourceVersion));
});

test('given one control plane, when a second is started, then they are strangers, and its data outlive it', async () => {
  await using dir = await tempDir();
  await using second = await startControlPlane({ dataDir: dir.path });
  await second.kube.apply(configMap('only-here'));
  expect((await cluster.kube.request('GET', path('only-here'))).status).toBe(404);
  const { status } = await cluster.kube.request('GET', '/api', undefined, { token: second.adminToken });
  expect(status).toBe(401);

  await second[Symbol.asyncDispose]();
  await using third = await startControlPlane({ dataDir: dir.path });
  expect((await third.kube.get(path('only-here'))).kind).toBe('ConfigMap');
});

async function firstWatchEvent(resourceVersion: string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const url = `${cluster.url}/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=${resourceVersion}`;
  const headers = { authorization: `Bearer ${cluster.adminToken}` };
  const request = get(url, { ca: cluster.caPem, headers }, (response) => {
    response.setEncoding('utf8').once('data', (line: string) => {
      resolve(JSON.parse(line));
      request.destroy();
    });
  }).on('error', reject);
  return await promise;
}
