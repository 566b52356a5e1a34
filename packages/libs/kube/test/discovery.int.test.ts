import { eventually } from '@kestrel/testkit';
import { describe, expect, it } from 'vitest';
import { discoverServed, type ResourceType, watchServedResources } from '../src/index.ts';
import { answer, answerStatus, startFakeApi } from './fake-api.ts';
import { silentLog } from './following.ts';

const WANTED = [{ group: 'cilium.io', kind: 'CiliumNetworkPolicy', versions: ['v2'] }];

function discovery(freshness: 'Current' | 'Stale', served: boolean) {
  const resource = {
    resource: 'ciliumnetworkpolicies',
    responseKind: { group: 'cilium.io', version: 'v2', kind: 'CiliumNetworkPolicy' },
    scope: 'Namespaced',
    verbs: ['get', 'list', 'watch'],
  };
  const version = { version: 'v2', freshness, ...(served ? { resources: [resource] } : {}) };
  return { kind: 'APIGroupDiscoveryList', items: [{ metadata: { name: 'cilium.io' }, versions: [version] }] };
}

describe('discovery', () => {
  it('given a server without aggregated discovery, when asked, then it says so', async () => {
    await using api = await startFakeApi();
    api.handler = (request) => answer(request, 200, { kind: 'APIGroupList', apiVersion: 'v1', groups: [] });
    await expect(discoverServed(api.client(), WANTED)).rejects.toMatchObject({
      code: 'kube_bad_response',
      message: expect.stringContaining('aggregated discovery'),
    });
  });

  it('given a stale group, when asked, then its kinds are unknown and not gone', async () => {
    await using api = await startFakeApi();
    api.handler = (request) => answer(request, 200, discovery('Stale', false));
    expect(await discoverServed(api.client(), WANTED)).toEqual({ resources: [], unknown: WANTED });
  });

  it('given failures and single misses, when looked for, then the kind stays; given misses in a row, then it goes', async () => {
    await using api = await startFakeApi();
    const changes: (readonly ResourceType[])[] = [];
    const stop = new AbortController();
    api.handler = (request) => answer(request, 200, discovery('Current', true));
    const watching = watchServedResources(api.client(), WANTED, (served) => void changes.push(served), {
      signal: stop.signal,
      log: silentLog,
      intervalMs: 10,
    });
    await eventually(() => changes.length === 1);
    api.handler = (request) => answerStatus(request, 503, 'starting');
    const before = api.requests.length;
    await eventually(() => api.requests.length > before + 5);
    let nth = 0;
    api.handler = (request) => answer(request, 200, discovery('Current', (nth += 1) % 2 === 0));
    await eventually(() => nth > 10);
    expect(changes).toHaveLength(1);
    api.handler = (request) => answer(request, 200, discovery('Current', false));
    await eventually(() => changes.length === 2);
    expect(changes.map((served) => served.map((one) => one.kind))).toEqual([['CiliumNetworkPolicy'], []]);
    stop.abort();
    await watching;
  });

  it('given a consumer that throws, when told, then the watch rejects with just that', async () => {
    await using api = await startFakeApi();
    api.handler = (request) => answer(request, 200, discovery('Current', true));
    const failure = new Error('the consumer is broken');
    const watching = watchServedResources(
      api.client(),
      WANTED,
      () => {
        throw failure;
      },
      { signal: new AbortController().signal, log: silentLog },
    );
    await expect(watching).rejects.toBe(failure);
  });
});
