import type { Cluster, Node, Pod } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Labels } from '../model/selector.ts';
import { isDnsWorkload } from './dns.ts';
import { labelsKey } from './scope.ts';
import { carries, chooseSelector } from './selector-choice.ts';
import type { LabelledPods, SelectorChoice } from './selector-choice.ts';
import { isStableKey, sharedStableLabels } from './stable-labels.ts';

/** How many different sets of labels are kept from the traffic of one workload. */
const recordedLabelsMax = 32;

/** A workload of the cluster, or one that only traffic knows. */
export interface Workload {
  /** refText of `ref`. */
  readonly key: string;
  readonly ref: ObjectRef;
  /** Pods that policies can select; empty for a workload that is gone, or whose pods all use their node's network. */
  readonly pods: readonly Pod[];
  /** Pods on their node's network. */
  readonly hostPods: readonly Pod[];
}

/** Labels for a workload, and how far they are from selecting just it. */
export interface WorkloadSelector extends SelectorChoice {
  /** The workload has no labels of its own: all pods of its namespace are meant. */
  readonly wholeNamespace: boolean;
}

type Mutable = { ref: ObjectRef; key: string; pods: Pod[]; hostPods: Pod[]; recorded: Map<string, Labels> };

/** All workloads by name, and the labels that select them. */
export class WorkloadCatalogue {
  readonly #workloads = new Map<string, Mutable>();
  readonly #byAddress = new Map<string, Mutable>();
  readonly #byNamespace = new Map<string, Mutable[]>();
  readonly #nodesByAddress = new Map<string, Node>();
  readonly #labelled = new Map<string, readonly LabelledPods[]>();
  readonly #selectors = new Map<string, WorkloadSelector>();
  #dns: readonly Workload[] | undefined;

  constructor(cluster: Pick<Cluster, 'pods' | 'nodes'>) {
    for (const node of cluster.nodes) for (const address of node.addresses) this.#nodesByAddress.set(address, node);
    for (const pod of cluster.pods) {
      const workload = this.#enter(pod.workload);
      (pod.hostNetwork ? workload.hostPods : workload.pods).push(pod);
      if (!pod.hostNetwork) for (const ip of pod.ips) this.#byAddress.set(ip, workload);
    }
  }

  /**
   * The workload that traffic names; `labels` are those recorded with it. All traffic must be entered before selectors are
   * asked for.
   */
  enter(ref: ObjectRef, labels: Labels | undefined): Workload {
    const workload = this.#enter(ref);
    if (labels !== undefined && labels.size > 0 && workload.recorded.size < recordedLabelsMax) {
      const stable = new Map([...labels].filter(([key]) => isStableKey(key)));
      workload.recorded.set(labelsKey(stable), stable);
    }
    return workload;
  }

  /** Whose pod has the address. */
  withAddress(address: string): Workload | undefined {
    return this.#byAddress.get(address);
  }

  /** Whose address it is, of the nodes. */
  nodeWithAddress(address: string): Node | undefined {
    return this.#nodesByAddress.get(address);
  }

  /** Workloads of a namespace, in the order of the cluster. */
  ofNamespace(namespace: string): readonly Workload[] {
    return this.#byNamespace.get(namespace) ?? [];
  }

  /** Namespaces with workloads, sorted. */
  namespaces(): readonly string[] {
    return [...this.#byNamespace.keys()].toSorted();
  }

  /** The cluster's DNS, by the labels of its pods. */
  dnsWorkloads(): readonly Workload[] {
    this.#dns ??= this.namespaces().flatMap((namespace) => this.ofNamespace(namespace).filter(isDnsWorkload));
    return this.#dns;
  }

  /** The labels that should select a workload's pods. */
  selectorOf({ key, ref }: Workload): WorkloadSelector {
    let selector = this.#selectors.get(key);
    if (selector === undefined) {
      const choice = chooseSelector(key, this.#labelledPods(ref.namespace));
      selector =
        choice === undefined
          ? { labels: new Map(), alsoSelects: this.#othersIn(ref.namespace, key), wholeNamespace: true }
          : { ...choice, wholeNamespace: false };
      this.#selectors.set(key, selector);
    }
    return selector;
  }

  /** Pods of a namespace that labels select. */
  selected(namespace: string, labels: Labels): readonly Pod[] {
    return this.ofNamespace(namespace).flatMap(({ pods }) => pods.filter((pod) => carries(pod.labels, labels)));
  }

  /** Workloads of a namespace of which labels select a pod, or could have selected one that is gone. */
  reached(namespace: string, labels: Labels): readonly Workload[] {
    return (this.#byNamespace.get(namespace) ?? []).filter(
      ({ pods, recorded }) =>
        pods.some((pod) => carries(pod.labels, labels)) || [...recorded.values()].some((each) => carries(each, labels)),
    );
  }

  #othersIn(namespace: string, key: string): readonly string[] {
    return this.ofNamespace(namespace).flatMap((each) =>
      each.key === key || each.pods.length === 0 ? [] : [each.key],
    );
  }

  #enter(ref: ObjectRef): Mutable {
    const key = refText(ref);
    let workload = this.#workloads.get(key);
    if (workload === undefined) {
      workload = { key, ref, pods: [], hostPods: [], recorded: new Map() };
      this.#workloads.set(key, workload);
      const others = this.#byNamespace.get(ref.namespace);
      if (others === undefined) this.#byNamespace.set(ref.namespace, [workload]);
      else others.push(workload);
    }
    return workload;
  }

  #labelledPods(namespace: string): readonly LabelledPods[] {
    let labelled = this.#labelled.get(namespace);
    if (labelled === undefined) {
      labelled = (this.#byNamespace.get(namespace) ?? []).flatMap(({ key, pods, recorded }) => {
        const sets = new Map(
          pods.map(({ labels }) => {
            const stable = new Map([...labels].filter(([each]) => isStableKey(each)));
            return [labelsKey(stable), stable] as const;
          }),
        );
        const now = [...sets.values()];
        // Pods that are gone count as long as they had something in common with those of today.
        const all = [...new Map([...sets, ...recorded]).values()];
        const common = sharedStableLabels(all).size > 0 || now.length === 0;
        return (common ? all : now).map((labels) => ({ workload: key, labels }));
      });
      this.#labelled.set(namespace, labelled);
    }
    return labelled;
  }
}
