import { setTimeout as sleep } from 'node:timers/promises';
import { Addresses, createApplication } from '../sample/application.ts';
import { Churn } from '../sample/churn.ts';
import { SampleApi } from '../sample/sample-api.ts';
import type { CloudClient, CommittedEvent } from '../stack/cloud-client.ts';
import { startStack, type Stack } from '../stack/stack.ts';
import { inventoryReport } from './converge.ts';
import { policyLine } from './policy-line.ts';
import { Steps } from './steps.ts';

const CHANGE_INTERVAL_MS = 1_500;
const REPORT_INTERVAL_MS = 15_000;
const FIRST_INVENTORY_TIMEOUT_MS = 60_000;

/** How the demo is run. */
export interface DemoOptions {
  readonly dataDir: string;
  readonly say: (line: string) => void;
  /** Ends the demo. */
  readonly signal: AbortSignal;
  readonly seed: number;
  /** Makes the endpoints known to kestrelctl; returns what takes that back. */
  readonly publishEndpoints: (stack: Stack) => Promise<AsyncDisposable>;
}

/** Boots everything, shows what arrives in the cloud while the sample application changes, until the signal is aborted. */
export async function demo(o: DemoOptions): Promise<void> {
  const { say, signal } = o;
  await using stack = await startStack({ dataDir: o.dataDir, steps: new Steps(say) });
  const { cluster, cloud } = stack;
  if (!cluster) throw new Error('the demo needs its own control plane');
  await using _published = await o.publishEndpoints(stack);
  const api = new SampleApi(cluster.kube);
  const addresses = new Addresses();
  await createApplication(api, addresses);
  say('✓ the sample application runs: namespaces shop, payments, observability');
  for (const line of endpointLines(stack)) say(line);

  const churn = new Churn(api, addresses, o.seed);
  await Promise.all([
    untilAborted(signal, CHANGE_INTERVAL_MS, async () => say(`cluster   ${await churn.step()}`)),
    showCommitted(cloud.client, say, signal),
    untilAborted(signal, REPORT_INTERVAL_MS, async () => {
      const { expected, committed } = await inventoryReport(cluster.kube, cloud.client);
      say(`compare   the cloud has ${committed} of ${expected} objects as they are at this moment`);
      say(`policies  ${await policyLine(cloud.client, o.dataDir)}`);
    }),
  ]);
  say('stopping: services first, then the servers they need');
}

/** Addresses and what to try. */
function endpointLines({ cloud, bus, ingesters, uplinks }: Stack): string[] {
  return [
    '',
    `  bus         ${bus.url}`,
    `  cloud       ${cloud.endpoints.session.address}, issuer ${cloud.endpoints.issuer.url}`,
    ...[...ingesters, ...uplinks].map(({ instance, adminUrl }) => `  ${instance.padEnd(11)} ${adminUrl}/statusz`),
    '',
    '  try, in another terminal:',
    '    ./dev kestrelctl status',
    '    ./dev kestrelctl events tail --kind NetworkPolicy --follow',
    '    ./dev nats stream view KESTREL_RESOURCES',
    '    ./dev cloud events --stream KESTREL_RESOURCES -o jsonl > resources.jsonl',
    '    ./dev kestrelctl policy matrix --records resources.jsonl',
    '',
    '  A policy is committed anew whenever the workloads that it selects change.',
    '',
    '  Ctrl-C ends it and leaves nothing behind.',
    '',
  ];
}

/** One line for each event as it is committed, the newest first snapshot included. */
async function showCommitted(cloud: CloudClient, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(FIRST_INVENTORY_TIMEOUT_MS)]);
    while (!patience.aborted && (await cloud.cursors()).length === 0) await sleep(200);
    for await (const event of cloud.events('KESTREL_RESOURCES', { follow: true, signal }))
      say(`committed ${inWords(event)}`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** "ai.usekestrel.resource.observed.v1 kestrel.resources.core.Pod.shop.cart-0" as a person reads it. */
function inWords({ seq, subject, attributes }: CommittedEvent): string {
  const verb = attributes['ce-type']?.split('.').at(-2) ?? 'unknown';
  return `${String(seq).padStart(5)} ${verb.padEnd(8)} ${subject.replace('kestrel.resources.', '')}`;
}

async function untilAborted(signal: AbortSignal, intervalMs: number, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await work();
  }
}
