import { createMetrics, systemClock } from '@kestrel/runtime';
import { describe, expect, it } from 'vitest';
import type { KubeClient } from './kube-client.ts';
import { Delivery } from './reflector-delivery.ts';
import { DEFAULT_REFLECTOR_LIMITS } from './reflector-limits.ts';
import { createReflectorMetrics } from './reflector-metrics.ts';
import { SilentWatch } from './silent-watch.ts';

const unused = () => Promise.reject(new Error('not part of this test'));
const nothing = () => undefined;

/** A silent watch from version 10 of a server whose store answers with `answers`, one after another. */
function silent(answers: (string | (() => string))[]): SilentWatch {
  const left = [...answers];
  const client: KubeClient = {
    server: 'https://fake',
    get: async () => {
      const next = left.shift() ?? '0';
      const version = typeof next === 'string' ? next : next();
      return { status: 200, headers: {}, body: Buffer.from(`{"metadata":{"resourceVersion":"${version}"}}`) };
    },
    stream: unused,
    request: unused,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const sink = { syncStarted: nothing, upsert: nothing, deleted: nothing, syncFinished: nothing };
  const delivery = new Delivery({
    sink: { ...sink, undecodable: nothing, unavailable: nothing },
    clock: systemClock,
    metrics: createReflectorMetrics(createMetrics({ service: 'test' })),
    resource: 'pods',
    onSyncStarted: nothing,
  });
  const resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
  const scope = { client, resource, limits: DEFAULT_REFLECTOR_LIMITS, delivery };
  return new SilentWatch(scope, '10', new AbortController().signal);
}

describe('SilentWatch', () => {
  it('given a store at our version, when periods pass, then the watch is trusted', async () => {
    const watch = silent(['10', '10', '10']);
    for (let i = 0; i < 3; i += 1) await expect(watch.periodPassed()).resolves.toBeUndefined();
  });

  it('given a store that is ahead, when a second period passes in silence, then the version is stale', async () => {
    const watch = silent(['11']);
    await watch.periodPassed();
    await expect(watch.periodPassed()).rejects.toMatchObject({ name: 'StaleVersion', reason: 'no_bookmark' });
  });

  it('given a store that is ahead, when the watch speaks within the next period, then the doubt is over', async () => {
    const watch = silent(['11', '12', '13']);
    for (const version of ['11', '12', '13']) {
      await expect(watch.periodPassed()).resolves.toBeUndefined();
      watch.spoke(version);
    }
  });

  it.each([
    ['9', 'server_behind'],
    ['x', 'not_comparable'],
  ])('given a store at version %s, when a period passes, then the version is stale: %s', async (version, reason) => {
    await expect(silent([version]).periodPassed()).rejects.toMatchObject({ name: 'StaleVersion', reason });
  });

  it('given a watch that speaks while the store is asked, when the answer is older than that, then it proves nothing', async () => {
    const watch = silent([
      () => {
        watch.spoke('20');
        return '15';
      },
      '20',
    ]);
    await expect(watch.periodPassed()).resolves.toBeUndefined();
    await expect(watch.periodPassed()).resolves.toBeUndefined();
  });
});
