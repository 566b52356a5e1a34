import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '@kestrel/testkit';
import { compareInventories, isEqual, type InventoryReport } from '../oracle/compare.ts';
import { expectedInventory } from '../oracle/expected-inventory.ts';
import type { CloudClient } from '../stack/cloud-client.ts';

const INTERVAL_MS = 250;

/** What the cloud has now, against what the API server has now. */
export async function inventoryReport(kube: KubeClient, cloud: CloudClient): Promise<InventoryReport> {
  const expected = await expectedInventory(kube);
  const committed = new Map((await cloud.inventory()).map(({ subject, digest }) => [subject, digest ?? ''] as const));
  return compareInventories(expected, committed);
}

/**
 * Waits until the cloud has exactly what the API server has. Returns the last comparison in any case: one that is not
 * equal after `timeoutMs` says what is missing and what is unexpected.
 */
export async function converge(
  kube: KubeClient,
  cloud: CloudClient,
  o: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<InventoryReport> {
  const deadline = performance.now() + o.timeoutMs;
  for (;;) {
    const report = await inventoryReport(kube, cloud);
    if (isEqual(report) || performance.now() > deadline || o.signal?.aborted === true) return report;
    await sleep(INTERVAL_MS);
  }
}
