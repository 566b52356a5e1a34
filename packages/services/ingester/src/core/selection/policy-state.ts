import type { WorkloadRef } from '@kestrel/proto/events';
import type { PolicyMatcher } from './policy-matcher.ts';
import type { Labels } from './requirement.ts';
import type { Selection } from './selection.ts';
import type { SelectedPod, SharedWorkload } from './selected-pod.ts';

/** One policy and what it selects now, as counts: a pod that comes or goes changes one number. */
export class PolicyState {
  readonly subject: string;
  readonly selection: Selection;
  readonly matcher: PolicyMatcher;
  /** Namespaces whose labels have changed since their pods were counted: the labels that the count goes by. */
  readonly countedLabels = new Map<string, Labels>();
  readonly #pods = new Map<SharedWorkload, number>();
  #total = 0;

  constructor(subject: string, selection: Selection, matcher: PolicyMatcher) {
    this.subject = subject;
    this.selection = selection;
    this.matcher = matcher;
  }

  get pods(): number {
    return this.#total;
  }

  add(pod: SelectedPod): void {
    this.#pods.set(pod.workload, (this.#pods.get(pod.workload) ?? 0) + 1);
    this.#total += 1;
  }

  remove(pod: SelectedPod): void {
    const count = this.#pods.get(pod.workload);
    if (count === undefined) throw new Error(`${this.subject} does not count the pod that leaves it`);
    if (count === 1) this.#pods.delete(pod.workload);
    else this.#pods.set(pod.workload, count - 1);
    this.#total -= 1;
  }

  /** The workloads with at least one selected pod, ordered, at most `max`. */
  workloads(max: number): { refs: WorkloadRef[]; truncated: boolean } {
    const ordered = [...this.#pods.keys()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    return { refs: ordered.slice(0, max).map((workload) => workload.ref), truncated: ordered.length > max };
  }
}
