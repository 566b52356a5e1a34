import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXACTLY_THE_CLUSTER, Scenario } from './scenario.ts';

describe('kill -9 under a changing cluster', () => {
  let scenario: Scenario;
  beforeAll(async () => void (scenario = await Scenario.start({ ingesters: 2, uplinks: 2 }, 11)));
  afterAll(() => scenario?.[Symbol.asyncDispose]());

  const kill = async (victim: { kill9(): Promise<void>; start(): Promise<void> }): Promise<void> => {
    scenario.churn();
    await scenario.randomMoment();
    await victim.kill9();
    await scenario.randomMoment(500);
    await victim.start();
    await scenario.randomMoment();
  };

  test('given the active ingester is killed, then its standby goes on and nothing is lost', async () => {
    await kill(await scenario.active('ingester'));
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given the active uplink is killed, then its standby goes on without a gap', async () => {
    await kill(await scenario.active('uplink'));
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
    expect(await scenario.stack.cloud.client.gaps()).toEqual([]);
  });

  test('given nats-server is killed, then nothing that it acknowledged is lost', async () => {
    await kill(scenario.stack.bus);
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given the API server is killed, then changes during its restart arrive', async () => {
    const { apiserver } = scenario.cluster;
    await kill(apiserver);
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given the cloud is killed, then it goes on at what it had committed', async () => {
    const { cloud } = scenario.stack;
    await kill({ kill9: () => cloud.process.kill9(), start: () => cloud.start() });
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given all of them are killed one after the other, then the cloud still has exactly the cluster', async () => {
    const { bus, cloud } = scenario.stack;
    await kill(await scenario.active('uplink'));
    await kill(bus);
    await kill({ kill9: () => cloud.process.kill9(), start: () => cloud.start() });
    await kill(await scenario.active('ingester'));
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });
});
