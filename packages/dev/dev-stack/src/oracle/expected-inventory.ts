import { annotationFilter, DEFAULT_SHRINK_RULE, ingesterShape, kindTable, Mirror, type Kind } from '@kestrel/ingester';
import { systemClock } from '@kestrel/runtime';
import type { KubeClient } from '@kestrel/testkit';
import type { Inventory } from './compare.ts';

const NOT_FOUND = 404;

/**
 * What the cloud must have: every object of the API server at this moment, listed plainly and put through the ingester's
 * pure core. It shares neither watch, stream, nor memory with the ingester that is judged by it. The core itself is
 * judged by its own tests.
 */
export async function expectedInventory(kube: KubeClient): Promise<Inventory> {
  const kinds = kindTable({ istioRootNamespace: 'istio-system' });
  await using mirror = new Mirror({
    kinds,
    annotations: annotationFilter(ingesterShape.ANNOTATIONS.parse(undefined)),
    selectedWorkloadsMax: ingesterShape.SELECTED_WORKLOADS_MAX.parse(undefined),
    joinDelayMs: 0,
    shrinkRule: DEFAULT_SHRINK_RULE,
    clock: systemClock,
    onFailure: (error) => {
      throw error;
    },
  });
  for (const kind of kinds) await fill(mirror, kind, kube);
  await mirror.whenComplete;
  return new Map(
    [...mirror.kinds].flatMap(({ entries }) =>
      [...entries.values()].map((entry) => [entry.subject, entry.digest] as const),
    ),
  );
}

async function fill(mirror: Mirror, kind: Kind, kube: KubeClient): Promise<void> {
  for (const version of kind.versions) {
    const root = kind.group === '' ? `/api/${version}` : `/apis/${kind.group}/${version}`;
    const { status } = await kube.request('GET', `${root}/${kind.plural}?limit=1`);
    if (status === NOT_FOUND) continue;
    mirror.syncStarted(kind);
    for (const item of (await kube.list(`${root}/${kind.plural}`)).items) mirror.upsert(kind, version, item);
    await mirror.syncFinished(kind);
    return;
  }
  await mirror.notServed(kind);
}
