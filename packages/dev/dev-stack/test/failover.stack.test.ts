import { eventually } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXACTLY_THE_CLUSTER, roleOf, Scenario } from './scenario.ts';

describe('two of each', () => {
  let scenario: Scenario;
  beforeAll(async () => void (scenario = await Scenario.start({ ingesters: 2, uplinks: 2 }, 15)));
  afterAll(() => scenario?.[Symbol.asyncDispose]());

  test('given a paused ingester, when its successor took over and it wakes up, then it can write nothing', async () => {
    const paused = await scenario.active('ingester');
    const successor = await scenario.standby('ingester');
    scenario.churn();
    paused.pause();
    await eventually(async () => (await roleOf(successor)) === 'active', { timeoutMs: 20_000 });
    await scenario.randomMoment(2_000);
    paused.resume();
    await eventually(async () => (await roleOf(paused)) === 'standby', { timeoutMs: 20_000 });
    expect(await roleOf(successor)).toBe('active');
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given a paused uplink, when its successor took over and it wakes up, then the cloud refuses it', async () => {
    const paused = await scenario.active('uplink');
    const successor = await scenario.standby('uplink');
    scenario.churn();
    paused.pause();
    await eventually(async () => (await roleOf(successor)) === 'active', { timeoutMs: 20_000 });
    paused.resume();
    await eventually(async () => (await roleOf(paused)) === 'standby', { timeoutMs: 20_000 });
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
    const sessions = await scenario.stack.cloud.client.sessions();
    const [last, before] = [sessions.at(-1), sessions.at(-2)];
    expect(last).toMatchObject({ instance: successor.instance, endReason: null });
    expect(before).toMatchObject({ instance: paused.instance });
    expect(last?.term).toBeGreaterThan(before?.term ?? 0n);
    expect(await scenario.stack.cloud.client.gaps()).toEqual([]);
  });

  test('given the buckets of leases are lost, then nobody is locked out and terms do not fall back', async () => {
    const { client } = scenario.stack.cloud;
    const before = (await client.sessions()).at(-1);
    scenario.churn();
    await scenario.deleteStream('KV_kestrel_leases', 'CONTROL');
    await scenario.deleteStream('KV_kestrel_leases', 'DATA');
    await scenario.active('ingester');
    await scenario.active('uplink');
    await scenario.randomMoment(2_000);
    await client.faults({ endStream: true });
    const after = await eventually(async () => {
      const newest = (await client.sessions()).at(-1);
      return newest?.id !== before?.id && newest?.endReason === null && newest;
    });
    expect(after.term).toBeGreaterThanOrEqual(before?.term ?? 0n);
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });
});
