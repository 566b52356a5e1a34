import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ControlPlane, eventually, startControlPlane, startTcpProxy, tempDir } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSecret,
  type DiscoveryCache,
  discoverServed,
  inClusterClient,
  type KubeClient,
  readSecret,
  replaceSecret,
  type ResourceType,
  type TransportLimits,
  watchServedResources,
} from '../src/index.ts';
import { follow, silentLog } from './following.ts';

const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
const NAMESPACES: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};
const POLICIES: ResourceType = {
  group: 'cilium.io',
  version: 'v2',
  kind: 'CiliumNetworkPolicy',
  plural: 'ciliumnetworkpolicies',
  namespaced: true,
};

const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const policy = (name: string) => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name, namespace: 'default' },
  spec: { endpointSelector: {} },
});

/** Everything a client in a pod has, for a user of its own. */
async function clientOf(
  plane: ControlPlane,
  o: { token?: string; port?: number; limits?: Partial<TransportLimits> } = {},
): Promise<{ client: KubeClient; tokenFile: string } & AsyncDisposable> {
  const dir = await tempDir('kestrel-kube-');
  const tokenFile = join(dir.path, 'token');
  await writeFile(tokenFile, o.token ?? plane.adminToken);
  const client = inClusterClient({
    tokenFile,
    caFile: plane.caFile,
    host: '127.0.0.1',
    port: o.port ?? plane.port,
    log: silentLog,
    ...(o.limits === undefined ? {} : { limits: o.limits }),
  });
  return {
    client,
    tokenFile,
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

async function namesOf(plane: ControlPlane, path: string): Promise<string[]> {
  return (await plane.kube.list(path)).items.map((item) => item.metadata.name).toSorted();
}

describe('on a real API server', () => {
  let plane: ControlPlane;
  let started: AsyncDisposable | undefined;
  beforeAll(async () => {
    plane = await startControlPlane();
    started = plane;
  });
  afterAll(async () => {
    await started?.[Symbol.asyncDispose]();
  });

  it.each([
    ['watch_list', NAMESPACES, '/api/v1/namespaces'],
    ['paged', NAMESPACES, '/api/v1/namespaces'],
  ] as const)(
    'given %s, when synced, then the names are those of the server, and changes follow',
    async (mode, type, path) => {
      await using own = await clientOf(plane);
      await using following = follow(own.client, {
        resource: type,
        watchList: mode === 'watch_list',
        limits: { pageObjects: 2 },
      });
      await eventually(() => following.reflector.state().phase === 'watching');
      expect(following.calls.filter((call) => call.startsWith('end'))).toEqual([`end ${mode}`]);
      expect(following.names()).toEqual(await namesOf(plane, path));
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `new-${mode.replace('_', '-')}` } };
      await plane.kube.apply(namespace);
      await eventually(() => following.get(namespace.metadata.name)?.kind === 'Namespace');
      await plane.kube.deleteNamespace(namespace.metadata.name);
      await eventually(() => following.get(namespace.metadata.name) === undefined);
      expect(following.names()).toEqual(await namesOf(plane, path));
      expect(following.reflector.state()).toMatchObject({ syncs: 1, objects: following.names().length });
    },
  );

  it('given objects with managedFields, when watched, then those are emptied and all else is whole', async () => {
    const [applied] = await plane.kube.apply(configMap('whole', { text: 'ä"\\{}[]\n' }));
    expect(applied?.metadata['managedFields']).toHaveLength(1);
    await using own = await clientOf(plane);
    for (const watchList of [true, false]) {
      await using following = follow(own.client, { resource: CONFIG_MAPS, watchList });
      const got = await eventually(() => following.get('whole'));
      expect(got).toEqual({ ...applied, metadata: { ...applied?.metadata, managedFields: [] } });
    }
  });

  it('given the API server is killed and comes back, when it does, then the watch goes on without a sync', async () => {
    await using own = await clientOf(plane);
    await using following = follow(own.client, { resource: CONFIG_MAPS });
    await eventually(() => following.reflector.state().phase === 'watching');
    await plane.kill9ApiServer();
    await eventually(() => following.reflector.state().phase === 'backoff');
    await plane.restartApiServer();
    await plane.kube.apply(configMap('after-restart'));
    await eventually(() => following.names().includes('after-restart'));
    expect(following.reflector.state().syncs).toBe(1);
  });

  it('given our version is compacted away while we are cut off, when we are back, then all is synced', async () => {
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: plane.port } });
    await plane.kube.apply(configMap('vanishes'));
    await using own = await clientOf(plane, { port: proxy.port });
    await using following = follow(own.client, { resource: CONFIG_MAPS });
    await eventually(() => following.names().includes('vanishes'));
    proxy.refuse();
    await plane.kube.delete(configMap('vanishes'));
    for (let i = 0; i < 5; i += 1) await plane.kube.apply(configMap('busy', { i: `${i}` }));
    await plane.compact();
    await plane.restartApiServer(); // its watch cache would still know our version
    proxy.resume();
    await eventually(() => following.reflector.state().syncs === 2);
    expect(following.names()).toEqual(await namesOf(plane, '/api/v1/configmaps'));
    expect(following.names()).not.toContain('vanishes');
  });

  it('given a half-open link, when it is found, then what happened meanwhile is delivered over a new one', async () => {
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: plane.port } });
    await using own = await clientOf(plane, { port: proxy.port, limits: { pingIntervalMs: 200, pingTimeoutMs: 200 } });
    await using following = follow(own.client, { resource: CONFIG_MAPS });
    await eventually(() => following.reflector.state().phase === 'watching');
    proxy.stall();
    await plane.kube.apply(configMap('meanwhile'));
    await eventually(() => following.reflector.state().problem !== undefined);
    expect(following.names()).not.toContain('meanwhile');
    proxy.resume();
    await eventually(() => following.names().includes('meanwhile'));
    expect(following.reflector.state().syncs).toBe(1);
  });

  it('given a token that is revoked and replaced, when the link is cut, then the new token is used', async () => {
    await using proxy = await startTcpProxy({ target: { host: '127.0.0.1', port: plane.port } });
    const first = plane.token('reader', ['system:masters']);
    await using own = await clientOf(plane, { port: proxy.port, token: first });
    await using following = follow(own.client, { resource: CONFIG_MAPS });
    await eventually(() => following.reflector.state().phase === 'watching');
    plane.revokeToken(first);
    await eventually(() => {
      proxy.cut(); // again and again: the API server remembers an accepted token for a second
      return following.reflector.state().phase === 'unauthorized';
    });
    expect(following.calls).toContain('away unauthorized');
    await writeFile(own.tokenFile, plane.token('reader', ['system:masters']));
    await eventually(() => following.reflector.state().phase === 'watching');
  });

  it('given a user without rights, when they are granted, then the kind is synced', async () => {
    await using own = await clientOf(plane, { token: plane.token('newcomer') });
    await using following = follow(own.client, { resource: CONFIG_MAPS });
    await eventually(() => following.calls.includes('away forbidden'));
    await plane.kube.apply(
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'reads-config-maps' },
        rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'newcomer-reads-config-maps' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reads-config-maps' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'newcomer' }],
      },
    );
    await eventually(() => following.reflector.state().phase === 'watching');
    expect(following.names()).toEqual(await namesOf(plane, '/api/v1/configmaps'));
  });

  it('given a CRD that appears and goes, when followed, then kind and objects do too', async () => {
    // A user with no rights of its own: discovery is open to all who are authenticated.
    await using anyone = await clientOf(plane, { token: plane.token('anyone') });
    await using own = await clientOf(plane);
    const seen: string[][] = [];
    const stop = new AbortController();
    const watching = watchServedResources(
      anyone.client,
      [
        { group: 'cilium.io', kind: 'CiliumNetworkPolicy', versions: ['v3', 'v2'] },
        { group: 'apps', kind: 'Deployment', versions: ['v1'] },
        { group: '', kind: 'Pod', versions: ['v1'] },
      ],
      (served) => void seen.push(served.map((one) => `${one.plural} ${one.version} ${one.namespaced}`)),
      { signal: stop.signal, log: silentLog, intervalMs: 50 },
    );
    const builtIn = ['pods v1 true', 'deployments v1 true'];
    const withPolicies = [...builtIn, 'ciliumnetworkpolicies v2 true'];
    await eventually(() => seen.length === 1);
    await using following = follow(own.client, { resource: POLICIES });
    await eventually(() => following.calls.includes('away not_served'));

    await plane.kube.applyCrd('CiliumNetworkPolicy');
    await plane.kube.apply(policy('one'), policy('two'));
    await eventually(() => following.names().join() === 'one,two');
    await eventually(() => seen.length === 2);
    await using paged = follow(own.client, { resource: POLICIES, watchList: false, limits: { pageObjects: 1 } });
    await eventually(() => paged.names().join() === 'one,two');

    await plane.kube.deleteCrd('CiliumNetworkPolicy');
    await eventually(() => following.reflector.state().phase === 'not_served');
    await eventually(() => seen.length === 3);
    expect(seen).toEqual([builtIn, withPolicies, builtIn]);
    stop.abort();
    await watching;
  });

  it('given an answer of discovery that is cached, when asked again, then the server says 304 and the answer is the same', async () => {
    await using own = await clientOf(plane);
    const statuses: number[] = [];
    const client: KubeClient = {
      server: own.client.server,
      get: async (path, o) => {
        const answer = await own.client.get(path, o);
        statuses.push(answer.status);
        return answer;
      },
      stream: async (path, o) => await own.client.stream(path, o),
      request: async (...all) => await own.client.request(...all),
      [Symbol.asyncDispose]: async () => undefined,
    };
    const wanted = [{ group: 'apps', kind: 'Deployment', versions: ['v1'] }];
    const cache: DiscoveryCache = new Map();
    const first = await discoverServed(client, wanted, { cache });
    expect(first.resources).toHaveLength(1);
    expect(await discoverServed(client, wanted, { cache })).toEqual(first);
    expect(statuses).toEqual([200, 304]);
  });

  it('given a kind of which no named version is served, when asked, then it is not taken', async () => {
    await using own = await clientOf(plane);
    const wanted = [{ group: 'apps', kind: 'Deployment', versions: ['v9'] }];
    expect(await discoverServed(own.client, wanted)).toEqual({ resources: [], unknown: [] });
  });

  it('given a Secret, when written with the version it was read with, then once; its labels stay', async () => {
    await using own = await clientOf(plane);
    expect(await readSecret(own.client, 'default', 'credential')).toBeUndefined();
    const made = await createSecret(own.client, {
      namespace: 'default',
      name: 'credential',
      type: 'kubernetes.io/tls',
      labels: { app: 'kestrel' },
      data: { 'tls.crt': Buffer.from('c1'), 'tls.key': Buffer.from('k1') },
    });
    const data = { 'tls.crt': Buffer.from('c2'), 'tls.key': Buffer.from('k2') };
    await replaceSecret(own.client, made, data);
    const read = await readSecret(own.client, 'default', 'credential');
    expect(read).toMatchObject({ type: 'kubernetes.io/tls', data });
    expect(read?.object['metadata']).toMatchObject({ labels: { app: 'kestrel' } });
    await expect(replaceSecret(own.client, made, data)).rejects.toMatchObject({ code: 'kube_conflict' });
    await expect(createSecret(own.client, { namespace: 'default', name: 'credential', data })).rejects.toMatchObject({
      code: 'kube_conflict',
    });
  });
});

describe('an etcd that is restored from an older copy', () => {
  it('given our version is from the lost future, when the server is back, then all is synced', async () => {
    await using plane = await startControlPlane();
    await using copy = await tempDir('kestrel-etcd-copy-');
    await using own = await clientOf(plane);
    await plane.kube.apply(configMap('old'));
    await plane.snapshot(join(copy.path, 'etcd'));
    await using following = follow(own.client, { resource: CONFIG_MAPS });
    for (let i = 0; i < 200; i += 1) await plane.kube.apply(configMap('lost', { i: `${i}` }));
    await plane.kube.delete(configMap('old'));
    await eventually(() => following.names().includes('lost') && !following.names().includes('old'));
    await plane.restore(join(copy.path, 'etcd'));
    await eventually(() => following.names().includes('old') && !following.names().includes('lost'));
    expect(following.names()).toEqual(await namesOf(plane, '/api/v1/configmaps'));
    expect(following.reflector.state().syncs).toBe(2);
  });
});
