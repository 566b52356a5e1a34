import type { Labels } from '../model/selector.ts';
import { isIdentityKey, sharedStableLabels } from './stable-labels.ts';

/** How many label keys of one workload are tried in combinations; more are only used all together. */
const keysMax = 12;

/** Distinct labels of pods of one namespace, with the workload that they belong to. */
export interface LabelledPods {
  /** Any value that tells workloads apart. */
  readonly workload: string;
  readonly labels: Labels;
}

/** Labels that select a workload's pods. */
export interface SelectorChoice {
  /** Never empty; in the order in which they should be written. */
  readonly labels: Labels;
  /** Workloads whose pods, all or some, it selects too; empty when it selects exactly the workload's pods. Sorted. */
  readonly alsoSelects: readonly string[];
}

/**
 * Chooses the fewest labels that select exactly the pods of a workload within its namespace: one that names it, then that
 * with one or two others, then all stable ones. Where even these select other workloads' pods, the fewest labels that
 * select no more than all stable ones do. Undefined when its pods share no stable label.
 */
export function chooseSelector(workload: string, namespace: readonly LabelledPods[]): SelectorChoice | undefined {
  const own = namespace.filter((each) => each.workload === workload);
  const others = namespace.filter((each) => each.workload !== workload);
  const stable = sharedStableLabels(own.map(({ labels }) => labels));
  if (stable.size === 0) return undefined;
  const reachedByAll = others.filter((each) => carries(each.labels, stable));
  for (const labels of combinations(stable)) {
    // Fewer labels select at least what all of them do: the same number means the same pods.
    if (countCarrying(others, labels) === reachedByAll.length) return choice(labels, reachedByAll);
  }
  return choice(stable, reachedByAll);
}

/** Whether a pod's labels have all of the given ones. */
export function carries(labels: Labels, wanted: Labels): boolean {
  for (const [key, value] of wanted) if (labels.get(key) !== value) return false;
  return true;
}

function countCarrying(pods: readonly LabelledPods[], labels: Labels): number {
  let count = 0;
  for (const each of pods) if (carries(each.labels, labels)) count += 1;
  return count;
}

function choice(labels: Labels, reached: readonly LabelledPods[]): SelectorChoice {
  return { labels, alsoSelects: [...new Set(reached.map(({ workload }) => workload))].toSorted() };
}

/** One to three labels of which the first names the workload, fewest first, each size in order of preference. */
function* combinations(stable: Labels): Iterable<Labels> {
  const entries = [...stable].slice(0, keysMax);
  const identities = entries.filter(([key]) => isIdentityKey(key));
  for (const first of identities) yield new Map([first]);
  for (const first of identities) {
    for (const second of entries) if (second[0] !== first[0]) yield new Map([first, second]);
  }
  for (const first of identities) {
    const rest = entries.filter(([key]) => key !== first[0]);
    for (const [at, second] of rest.entries()) {
      for (const third of rest.slice(at + 1)) yield new Map([first, second, third]);
    }
  }
}
