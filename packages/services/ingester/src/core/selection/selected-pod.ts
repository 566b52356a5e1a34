import type { WorkloadRef } from '@kestrel/proto/events';
import { Interner } from './interner.ts';
import type { Labels } from './requirement.ts';

/** What policies can see of a pod that is in their reach. */
export interface PodDescription {
  readonly namespace: string;
  readonly labels: Labels;
  readonly serviceAccount: string;
  readonly workload: WorkloadRef;
}

/** A pod as the selection index holds it: labels and workload are shared with the other pods that have the same. */
export interface SelectedPod {
  readonly namespace: string;
  readonly labels: SharedLabels;
  readonly serviceAccount: string;
  readonly workload: SharedWorkload;
}

export interface SharedLabels {
  readonly key: string;
  readonly labels: Labels;
}

export interface SharedWorkload {
  readonly key: string;
  readonly ref: WorkloadRef;
}

/** Makes SelectedPods out of shared parts: 75,000 pods have some thousands of label sets and workloads. */
export class PodParts {
  readonly #labels = new Interner<SharedLabels>();
  readonly #workloads = new Interner<SharedWorkload>();

  acquire(pod: PodDescription): SelectedPod {
    const labels = JSON.stringify(pod.labels);
    const workload = workloadKey(pod.workload);
    return {
      namespace: pod.namespace,
      serviceAccount: pod.serviceAccount,
      labels: this.#labels.acquire(labels, () => ({ key: labels, labels: pod.labels })),
      workload: this.#workloads.acquire(workload, () => ({ key: workload, ref: pod.workload })),
    };
  }

  release(pod: SelectedPod): void {
    this.#labels.release(pod.labels.key);
    this.#workloads.release(pod.workload.key);
  }
}

/** Orders by namespace, kind, name and then group. `/` is in none of them. */
export function workloadKey(ref: WorkloadRef): string {
  return `${ref.namespace}/${ref.kind}/${ref.name}/${ref.group}`;
}

export function samePod(a: SelectedPod, b: SelectedPod): boolean {
  return (
    a.labels === b.labels &&
    a.workload === b.workload &&
    a.serviceAccount === b.serviceAccount &&
    a.namespace === b.namespace
  );
}
