import type { WorkloadRef } from '@kestrel/proto/events';
import { PolicyMatcher } from './policy-matcher.ts';
import { PolicyState } from './policy-state.ts';
import type { Labels } from './requirement.ts';
import { type PodDescription, PodParts, samePod, type SelectedPod } from './selected-pod.ts';
import type { Selection } from './selection.ts';

const NO_LABELS: Labels = Object.freeze({});

/** What a policy selects at this moment. */
export interface Selected {
  readonly workloads: WorkloadRef[];
  readonly pods: number;
  readonly truncated: boolean;
  readonly unknown: string;
}

export interface SelectionIndexOptions {
  /** Workloads that are listed per policy; more are cut. */
  readonly workloadsMax: number;
  /** Called for each policy whose selection may read otherwise now, or after `catchUp`; often several times in a row. */
  readonly onChanged: (policySubject: string) => void;
}

/**
 * What each policy selects, kept by differences from the pods, namespaces and Services of the mirror: nothing is ever
 * listed for a policy. A namespace or Service that hundreds of policies depend on would hold the event loop, so what follows
 * from those waits for `catchUp`; until then the policies read as before. Bounded by the pods and policies of the cluster.
 */
export class SelectionIndex {
  readonly #options: SelectionIndexOptions;
  readonly #parts = new PodParts();
  readonly #podsByNamespace = new Map<string, Set<SelectedPod>>();
  readonly #namespaceLabels = new Map<string, Labels>();
  readonly #serviceSelectors = new Map<string, Labels>();
  readonly #policies = new Map<string, PolicyState>();
  readonly #policiesByNamespace = new Map<string, Set<PolicyState>>();
  readonly #wide = new Set<PolicyState>();
  readonly #byService = new Map<string, Set<string>>();
  readonly #blind = new Map<string, string>();
  /** Policies that wait for `catchUp`, and how much of each must be counted. */
  readonly #behind = new Map<string, 'namespaces' | 'everything'>();

  constructor(options: SelectionIndexOptions) {
    this.#options = options;
  }

  /** Replaces a pod by its present description; undefined when it is gone or out of the policies' reach. */
  replacePod(before: SelectedPod | undefined, description: PodDescription | undefined): SelectedPod | undefined {
    const after = description === undefined ? undefined : this.#parts.acquire(description);
    if (before !== undefined && after !== undefined && samePod(before, after)) {
      this.#parts.release(after);
      return before;
    }
    for (const policy of this.#policiesOver(before?.namespace, after?.namespace)) {
      const left = before !== undefined && this.#counts(policy, before);
      const joined = after !== undefined && this.#counts(policy, after);
      if (left) policy.remove(before);
      if (joined) policy.add(after);
      if (left || joined) this.#options.onChanged(policy.subject);
    }
    if (before !== undefined) this.#forgetPod(before);
    if (after !== undefined) setOf(this.#podsByNamespace, after.namespace).add(after);
    return after;
  }

  /** The labels of a namespace; undefined when it is gone. */
  setNamespace(name: string, labels: Labels | undefined): void {
    const before = this.#labelsOf(name);
    if (labels === undefined) this.#namespaceLabels.delete(name);
    else this.#namespaceLabels.set(name, labels);
    if (sameLabels(before, labels ?? NO_LABELS) || !this.#podsByNamespace.has(name)) return;
    for (const policy of this.#policiesOver(name)) {
      if (!policy.matcher.dependsOnNamespaceLabels) continue;
      if (!policy.countedLabels.has(name)) policy.countedLabels.set(name, before);
      this.#fallBehind(policy.subject, 'namespaces');
    }
  }

  /** The selector of a Service; undefined when it is gone. */
  setService(namespace: string, name: string, selector: Labels | undefined): void {
    const key = serviceKey(namespace, name);
    const before = this.#serviceSelectors.get(key);
    if (selector === undefined) this.#serviceSelectors.delete(key);
    else this.#serviceSelectors.set(key, selector);
    if (sameLabels(before, selector)) return;
    for (const subject of this.#byService.get(key) ?? []) this.#fallBehind(subject, 'everything');
  }

  /** Counts what waits, policy by policy: the caller may let others run after each. */
  *catchUp(): Iterable<void> {
    for (const [subject, what] of this.#behind) {
      const policy = this.#policies.get(subject);
      this.#behind.delete(subject);
      if (policy !== undefined) {
        if (what === 'everything') this.setPolicy(subject, policy.selection);
        else this.#relabel(policy);
      }
      yield;
    }
  }

  /** What a policy selects, by its spec; undefined when it is gone. Counts all pods that it may select anew. */
  setPolicy(subject: string, selection: Selection | undefined): void {
    this.#forgetPolicy(subject);
    if (selection === undefined) return;
    const matcher = new PolicyMatcher(selection, (namespace, name) =>
      this.#serviceSelectors.get(serviceKey(namespace, name)),
    );
    const policy = new PolicyState(subject, selection, matcher);
    this.#policies.set(subject, policy);
    if (matcher.namespace === undefined) this.#wide.add(policy);
    else setOf(this.#policiesByNamespace, matcher.namespace).add(policy);
    for (const service of servicesOf(selection)) setOf(this.#byService, service).add(subject);
    for (const pod of this.#podsUnder(matcher.namespace)) {
      if (matcher.selects(pod, this.#labelsOf(pod.namespace))) policy.add(pod);
    }
    this.#options.onChanged(subject);
  }

  /** Says that objects of a kind can't be read now (or can again), so that no selection counts as exact. */
  setBlind(kind: string, reason: string | undefined): void {
    if (this.#blind.get(kind) === reason) return;
    if (reason === undefined) this.#blind.delete(kind);
    else this.#blind.set(kind, reason);
    for (const subject of this.#policies.keys()) this.#options.onChanged(subject);
  }

  /** What the policy selects; undefined for a policy that the index does not have. */
  read(subject: string): Selected | undefined {
    const policy = this.#policies.get(subject);
    if (policy === undefined) return undefined;
    const { refs, truncated } = policy.workloads(this.#options.workloadsMax);
    const unknown = [policy.matcher.unknown, ...this.#blind.values()].filter((why) => why !== '').join('; ');
    return { workloads: refs, pods: policy.pods, truncated, unknown };
  }

  #fallBehind(subject: string, what: 'namespaces' | 'everything'): void {
    if (this.#behind.get(subject) !== 'everything') this.#behind.set(subject, what);
    this.#options.onChanged(subject);
  }

  /** Whether the pod is one of those that the policy counts (or would be): by the labels that its count goes by. */
  #counts(policy: PolicyState, pod: SelectedPod): boolean {
    return policy.matcher.selects(pod, policy.countedLabels.get(pod.namespace) ?? this.#labelsOf(pod.namespace));
  }

  #relabel(policy: PolicyState): void {
    let changed = false;
    for (const [namespace, before] of policy.countedLabels) {
      const after = this.#labelsOf(namespace);
      for (const pod of this.#podsByNamespace.get(namespace) ?? []) {
        const was = policy.matcher.selects(pod, before);
        const is = policy.matcher.selects(pod, after);
        if (was === is) continue;
        if (is) policy.add(pod);
        else policy.remove(pod);
        changed = true;
      }
    }
    policy.countedLabels.clear();
    if (changed) this.#options.onChanged(policy.subject);
  }

  *#policiesOver(...namespaces: (string | undefined)[]): Iterable<PolicyState> {
    for (const namespace of new Set(namespaces)) {
      if (namespace !== undefined) yield* this.#policiesByNamespace.get(namespace) ?? [];
    }
    yield* this.#wide;
  }

  *#podsUnder(namespace: string | undefined): Iterable<SelectedPod> {
    if (namespace !== undefined) yield* this.#podsByNamespace.get(namespace) ?? [];
    else for (const pods of this.#podsByNamespace.values()) yield* pods;
  }

  #labelsOf(namespace: string): Labels {
    return this.#namespaceLabels.get(namespace) ?? NO_LABELS;
  }

  #forgetPod(pod: SelectedPod): void {
    deleteFrom(this.#podsByNamespace, pod.namespace, pod);
    this.#parts.release(pod);
  }

  #forgetPolicy(subject: string): void {
    const policy = this.#policies.get(subject);
    if (policy === undefined) return;
    this.#behind.delete(subject);
    this.#policies.delete(subject);
    this.#wide.delete(policy);
    if (policy.matcher.namespace !== undefined) {
      deleteFrom(this.#policiesByNamespace, policy.matcher.namespace, policy);
    }
    for (const service of servicesOf(policy.selection)) deleteFrom(this.#byService, service, subject);
  }
}

function servicesOf(selection: Selection): string[] {
  return selection.terms.flatMap(({ namespace, service }) =>
    service === undefined ? [] : [serviceKey(namespace ?? '', service)],
  );
}

function sameLabels(a: Labels | undefined, b: Labels | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

function serviceKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function setOf<T>(sets: Map<string, Set<T>>, key: string): Set<T> {
  const known = sets.get(key);
  if (known !== undefined) return known;
  const made = new Set<T>();
  sets.set(key, made);
  return made;
}

function deleteFrom<T>(sets: Map<string, Set<T>>, key: string, item: T): void {
  const set = sets.get(key);
  set?.delete(item);
  if (set?.size === 0) sets.delete(key);
}
