import { join } from 'node:path';
import { eventually } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXACTLY_THE_CLUSTER, Scenario } from './scenario.ts';

const SHORT_CERTIFICATE_MS = 4_000;
const DAY_MS = 86_400_000;

describe('trouble at the cloud under a changing cluster', () => {
  let scenario: Scenario;
  beforeAll(async () => void (scenario = await Scenario.start({ uplinks: 2 }, 13)));
  afterAll(() => scenario?.[Symbol.asyncDispose]());

  test('given the cloud is restored from an older store, then it is brought up again', async () => {
    const { client } = scenario.stack.cloud;
    const copy = join(scenario.stack.dataDir, 'older-store.db');
    await client.backup(copy);
    scenario.churn();
    await scenario.randomMoment(3_000);
    await client.restore(copy);
    await scenario.randomMoment();
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given the cloud forgets its last events, then they are sent again', async () => {
    scenario.churn();
    await scenario.randomMoment(2_000);
    await scenario.stack.cloud.client.faults({ forgetLast: 20 });
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given all tokens expire, then the uplink gets another one', async () => {
    scenario.churn();
    await scenario.stack.cloud.client.faults({ expireTokens: true });
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given all client certificates are revoked, then the uplink enrols again', async () => {
    scenario.churn();
    await scenario.stack.cloud.client.faults({ revokeCertificates: true });
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given an event that the cloud can never use, then it is rejected, said so, and the others go on', async () => {
    const { client } = scenario.stack.cloud;
    scenario.churn();
    await client.faults({ rejectNext: { code: 'poison', count: 1 } });
    const rejected = await eventually(async () => {
      const all = await client.rejected();
      return all.length > 0 && all;
    });
    await scenario.stopChurn();
    // The cloud can only be helped by another event of the object, or, where the poison was its tombstone, by a snapshot.
    const changed = await Promise.all(rejected.map(({ subject }) => scenario.touch(subject)));
    if (changed.includes(false)) await client.faults({ resync: { stream: 'KESTREL_RESOURCES' } });
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
    await eventually(async () => {
      for await (const event of client.events('KESTREL_EVENTS')) {
        if (event.attributes['ce-type'] === 'ai.usekestrel.event.rejected.v1') return true;
      }
      return false;
    });
    expect(rejected[0]?.stream).toBe('KESTREL_RESOURCES');
  });

  test('given the client certificate expires while every uplink is paused, then they enrol again', async () => {
    const { cloud, uplinks } = scenario.stack;
    await cloud.client.faults({ certificateLifetimeMs: SHORT_CERTIFICATE_MS, revokeCertificates: true });
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
    scenario.churn();
    for (const uplink of uplinks) uplink.pause();
    await scenario.wait(SHORT_CERTIFICATE_MS + 1_000);
    await cloud.client.faults({ certificateLifetimeMs: DAY_MS });
    for (const uplink of uplinks) uplink.resume();
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given the cloud is killed in the middle of a snapshot under churn, then the end is right', async () => {
    const { client, process } = scenario.stack.cloud;
    scenario.churn();
    await client.faults({ delayCommitsMs: 300 });
    await client.faults({ resync: { stream: 'KESTREL_RESOURCES' } });
    await scenario.randomMoment(400);
    await process.kill9();
    await scenario.stack.cloud.start();
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given the stream ends, commits are delayed and dropped, then nothing is sent twice', async () => {
    const { client } = scenario.stack.cloud;
    scenario.churn();
    await client.faults({ delayCommitsMs: 200 });
    await scenario.randomMoment();
    await client.faults({ dropCommits: true });
    await scenario.randomMoment();
    await client.faults({ endStream: true });
    await client.faults({ clear: true });
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });
});
