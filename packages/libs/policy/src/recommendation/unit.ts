import type { Pod } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Labels } from '../model/selector.ts';
import { compareText, labelsKey } from './scope.ts';
import type { Workload, WorkloadCatalogue } from './workload-catalogue.ts';

/** What one policy selects: the pods of a workload, and of all others that its labels can't be told from. */
export interface Unit {
  readonly namespace: string;
  readonly labels: Labels;
  /** Gives the policy its name. */
  readonly first: ObjectRef;
  /** Workloads of which it selects pods, sorted. */
  readonly members: readonly Workload[];
  readonly pods: readonly Pod[];
  /** The policy that is about it already. */
  readonly existing?: ObjectRef;
}

/** A workload that no policy can select by its labels. */
export interface Unselectable {
  readonly workload: Workload;
  readonly why: string;
}

/** Units for all workloads of namespaces that have pods of their own. */
export function unitsOf(
  catalogue: WorkloadCatalogue,
  namespaces: readonly string[],
): { readonly units: readonly Unit[]; readonly unselectable: readonly Unselectable[] } {
  const units: Unit[] = [];
  const unselectable: Unselectable[] = [];
  for (const namespace of namespaces) {
    const known = new Map<string, Unit>();
    const workloads = catalogue
      .ofNamespace(namespace)
      .toSorted((a, b) => compareText(a.ref.name, b.ref.name) || compareText(a.key, b.key));
    for (const workload of workloads) {
      if (workload.pods.length === 0) continue;
      const selector = catalogue.selectorOf(workload);
      if (selector.wholeNamespace) {
        unselectable.push({ workload, why: 'its pods share no label that outlives a roll-out' });
        continue;
      }
      const key = labelsKey(selector.labels);
      if (known.has(key)) continue;
      const members = catalogue.reached(namespace, selector.labels).filter(({ pods }) => pods.length > 0);
      known.set(key, {
        namespace,
        labels: selector.labels,
        first: workload.ref,
        members: members.toSorted((a, b) => compareText(refText(a.ref), refText(b.ref))),
        pods: catalogue.selected(namespace, selector.labels),
      });
    }
    units.push(...known.values());
  }
  return { units, unselectable };
}
