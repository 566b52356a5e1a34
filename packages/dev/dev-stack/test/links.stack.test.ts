import { eventually } from '@kestrel/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Links } from '../src/stack/links.ts';
import { EXACTLY_THE_CLUSTER, Scenario } from './scenario.ts';

type LinkName = Exclude<keyof Links, symbol>;
const NAMES: readonly LinkName[] = ['kube', 'ingesterBus', 'uplinkBus', 'cloud'];
/** Longer than every deadline that must notice: PING 10 s + 5 s to the API server, 12 s of silence to the cloud. */
const STALL_MS = 17_000;
/** So thin that a snapshot of the sample takes several seconds. */
const THIN_LINK_BYTES_PER_S = 12_000;

describe('broken links under a changing cluster', () => {
  let scenario: Scenario;
  beforeAll(async () => void (scenario = await Scenario.start({ withLinks: true }, 12)));
  afterAll(() => scenario?.[Symbol.asyncDispose]());

  const link = (name: LinkName) => {
    const found = scenario.stack.links?.[name];
    if (!found) throw new Error('the scenario has no links');
    return found;
  };

  test.each(NAMES)('given the link %s is cut again and again, then nothing is lost', async (name) => {
    scenario.churn();
    for (let cut = 0; cut < 3; cut += 1) {
      await scenario.randomMoment();
      link(name).cut();
    }
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given the connections of every link go silent for ever, then each side notices and dials anew', async () => {
    const before = (await scenario.stack.cloud.client.sessions()).length;
    for (const name of NAMES) link(name).stallPresent();
    scenario.churn();
    await scenario.randomMoment();
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
    expect((await scenario.stack.cloud.client.sessions()).length).toBeGreaterThan(before);
  });

  test('given every link is stalled and goes on later, then what was held back does no harm', async () => {
    scenario.churn();
    for (const name of NAMES) link(name).stall();
    await scenario.wait(STALL_MS);
    for (const name of NAMES) link(name).resume();
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
  });

  test('given a snapshot is cut in the middle under churn, then that very snapshot is resumed and is complete', async () => {
    const { client } = scenario.stack.cloud;
    const openNow = async () => (await client.snapshots()).find(({ outcome }) => outcome === 'open');
    scenario.churn();
    link('cloud').setBandwidth(THIN_LINK_BYTES_PER_S);
    await client.faults({ resync: { stream: 'KESTREL_RESOURCES' } });
    const open = await eventually(openNow, { message: 'a snapshot is under way' });
    await scenario.wait(1_000);
    expect(await openNow()).toMatchObject({ id: open.id });
    link('cloud').cut();
    link('cloud').setBandwidth(undefined);
    expect(await scenario.settle()).toEqual(EXACTLY_THE_CLUSTER);
    await eventually(async () => (await openNow()) === undefined);
    expect((await client.snapshots()).find(({ id }) => id === open.id)).toMatchObject({ outcome: 'complete' });
  });
});
