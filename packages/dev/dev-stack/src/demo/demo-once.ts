import { setTimeout as sleep } from 'node:timers/promises';
import { Churn } from '../sample/churn.ts';
import { Addresses, createApplication } from '../sample/application.ts';
import { SampleApi } from '../sample/sample-api.ts';
import { startStack } from '../stack/stack.ts';
import { isEqual, type InventoryReport } from '../oracle/compare.ts';
import { converge } from './converge.ts';
import { policyLine } from './policy-line.ts';
import { Steps, type Step } from './steps.ts';

const CHANGES = 30;
const CHANGE_INTERVAL_MS = 50;
const CONVERGE_TIMEOUT_MS = 60_000;

/** What `./dev demo --once --json` prints. */
export interface DemoReport {
  readonly ok: boolean;
  readonly steps: readonly Step[];
  readonly inventory: InventoryReport;
  /** Why a step failed. */
  readonly error?: string;
}

const NOTHING: InventoryReport = { expected: 0, committed: 0, missing: [], unexpected: [] };

/** Boots everything, creates and changes the sample application, and waits until every object is committed in the cloud. */
export async function demoOnce(o: {
  readonly dataDir: string;
  readonly say: (line: string) => void;
  readonly seed: number;
  /** Ends it early: what was started is stopped, and the report says that it is not complete. */
  readonly signal: AbortSignal;
}): Promise<DemoReport> {
  const steps = new Steps(o.say);
  try {
    await using stack = await startStack({ dataDir: o.dataDir, steps });
    const { cluster, cloud } = stack;
    if (!cluster) throw new Error('the demo needs its own control plane');
    const api = new SampleApi(cluster.kube);
    const addresses = new Addresses();
    await steps.run('the sample application is created', () => createApplication(api, addresses));
    await steps.run(`the sample application changes ${CHANGES} times`, async () => {
      const churn = new Churn(api, addresses, o.seed);
      for (let change = 0; change < CHANGES; change += 1) {
        o.signal.throwIfAborted();
        steps.note(await churn.step());
        await sleep(CHANGE_INTERVAL_MS);
      }
    });
    const inventory = await steps.run('every object is committed in the cloud', () =>
      converge(cluster.kube, cloud.client, { timeoutMs: CONVERGE_TIMEOUT_MS, signal: o.signal }),
    );
    await steps.run('its policies are judged by what the cloud has committed', async () => {
      steps.note(await policyLine(cloud.client, o.dataDir));
    });
    const violations = await cloud.client.violations();
    const problems = violations.map(({ kind, stream, detail }) => `${kind} on ${stream}: ${detail}`);
    const ok = isEqual(inventory) && problems.length === 0;
    return { ok, steps: steps.done, inventory, ...(problems.length > 0 && { error: problems.join('; ') }) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, steps: steps.done, inventory: NOTHING, error: message };
  }
}
