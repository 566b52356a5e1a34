import { join } from 'node:path';
import { eventually } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXACTLY_THE_CLUSTER, Scenario } from './scenario.ts';

describe('trouble with stores under a changing cluster', () => {
  let scenario: Scenario;
  beforeAll(async () => void (scenario = await Scenario.start({ ingesterEnv: { TOMBSTONE_TTL: '5s' } }, 14)));
  afterAll(() => scenario?.[Symbol.asyncDispose]());

  test('given etcd is compacted and the API server restarted, then the watches begin anew', async () => {
    scenario.churn();
    await scenario.randomMoment();
    await scenario.cluster.compact();
    await scenario.cluster.restartApiServer();
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given KESTREL_RESOURCES is deleted, then it is made again and sent under another epoch', async () => {
    scenario.churn();
    await scenario.randomMoment();
    const epoch = await scenario.epoch();
    await scenario.deleteStream('KESTREL_RESOURCES');
    await eventually(async () => (await scenario.epoch()) !== epoch, { message: 'another epoch at the cloud' });
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given the store is restored from an older copy and has run past the cursor, then it is sent anew', async () => {
    const { bus, uplinks } = scenario.stack;
    const copy = join(scenario.stack.dataDir, 'older-streams');
    await bus.snapshot(copy);
    scenario.churn();
    await scenario.randomMoment(2_000);
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
    for (const uplink of uplinks) await uplink.stop();
    const before = await scenario.lastSequence('KESTREL_RESOURCES');
    await bus.restore(copy);
    scenario.churn();
    await eventually(async () => (await scenario.lastSequence('KESTREL_RESOURCES')) > before + 5, {
      timeoutMs: 60_000,
    });
    const epoch = await scenario.epoch();
    for (const uplink of uplinks) await uplink.start();
    await eventually(async () => (await scenario.epoch()) !== epoch, { message: 'another epoch at the cloud' });
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given tombstones expired while the cloud was away, then a gap says so and a snapshot mends it', async () => {
    const { cloud } = scenario.stack;
    await cloud.process.stop();
    scenario.churn();
    await scenario.wait(8_000);
    await scenario.stopChurn();
    await cloud.start();
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
    expect((await cloud.client.gaps()).map((gap) => gap.reason)).toContain('REASON_TOMBSTONES_EXPIRED');
  });
});
