import type { Pod } from '../model/cluster.ts';
import type { Labels } from '../model/selector.ts';

/** The pods of one namespace; indexes are made when they are first asked for. */
export class PodsOfNamespace {
  readonly all: Pod[] = [];
  #byWorkload: ReadonlyMap<string, readonly Pod[]> | undefined;
  #byLabel: ReadonlyMap<string, ReadonlyMap<string, readonly Pod[]>> | undefined;

  /** Pods of a workload. */
  of(kind: string, name: string): readonly Pod[] {
    this.#byWorkload ??= Map.groupBy(this.all, ({ workload }) => `${workload.kind}/${workload.name}`);
    return this.#byWorkload.get(`${kind}/${name}`) ?? [];
  }

  /** Pods that have all of these labels. */
  with(labels: Labels): readonly Pod[] {
    const byLabel = (this.#byLabel ??= byLabels(this.all));
    let fewest: readonly Pod[] = this.all;
    for (const [key, value] of labels) {
      const having = byLabel.get(key)?.get(value);
      if (having === undefined) return [];
      if (having.length < fewest.length) fewest = having;
    }
    return fewest.filter((pod) => hasLabels(pod.labels, labels));
  }
}

/** Whether some labels are all among others. */
export function hasLabels(labels: Labels, wanted: Labels): boolean {
  for (const [key, value] of wanted) if (labels.get(key) !== value) return false;
  return true;
}

function byLabels(pods: readonly Pod[]): ReadonlyMap<string, ReadonlyMap<string, readonly Pod[]>> {
  const found = new Map<string, Map<string, Pod[]>>();
  for (const pod of pods) {
    for (const [key, value] of pod.labels) {
      let values = found.get(key);
      if (values === undefined) found.set(key, (values = new Map()));
      const having = values.get(value);
      if (having === undefined) values.set(value, [pod]);
      else having.push(pod);
    }
  }
  return found;
}
