import { isControllerLabel } from '../model/controller-labels.ts';
import type { Labels } from '../model/selector.ts';
import { compareText } from './scope.ts';

/**
 * Keys that name a workload by themselves, in the order in which a reader expects them. Source: the recommended labels of
 * Kubernetes (app.kubernetes.io), the add-on manager's `k8s-app`, `kubectl create`'s `app` and `run`.
 */
const identityKeys = ['app.kubernetes.io/name', 'app', 'k8s-app', 'run', 'name'] as const;

/** Keys that narrow an identity, in order of preference; all others follow by the alphabet. */
const narrowingKeys = [
  'app.kubernetes.io/component',
  'component',
  'app.kubernetes.io/instance',
  'tier',
  'role',
  'app.kubernetes.io/part-of',
  'release',
] as const;

/** Keys that change with every release. */
const passingKeys: ReadonlySet<string> = new Set([
  'version',
  'chart',
  'heritage',
  'app.kubernetes.io/version',
  'app.kubernetes.io/managed-by',
  'helm.sh/chart',
]);

/** Names of keys, behind any prefix, that say that the value is of one build, revision or object. */
const passingName = /(^|[-_.])(hash|uid|checksum|revision|generation|timestamp|pod-name|pod-index)$/i;

/**
 * Whether a label can stand in a selector for a workload: it belongs to the workload and outlives a roll-out. Labels below
 * a prefix of Kubernetes or Istio are their controllers' affair (and are no part of Cilium's identities), but for
 * `app.kubernetes.io/`.
 */
export function isStableKey(key: string): boolean {
  if (passingKeys.has(key) || isControllerLabel(key)) return false;
  const slash = key.indexOf('/');
  const [prefix, name] = slash < 0 ? ['', key] : [key.slice(0, slash), key.slice(slash + 1)];
  if (passingName.test(name)) return false;
  if (prefix === '' || prefix === 'app.kubernetes.io') return true;
  return !/(^|\.)(kubernetes\.io|k8s\.io|istio\.io|openshift\.io)$/.test(prefix);
}

/** Whether a key names a workload by itself. */
export function isIdentityKey(key: string): boolean {
  return identityKeys.some((each) => each === key);
}

/** Orders keys as a selector should try and show them. */
export function compareKeys(a: string, b: string): number {
  const difference = rank(a) - rank(b);
  return difference !== 0 ? difference : compareText(a, b);
}

/** Labels that all of the sets share and that are stable, in the order of {@link compareKeys}. */
export function sharedStableLabels(sets: readonly Labels[]): Labels {
  const [first, ...others] = sets;
  if (first === undefined) return new Map();
  return new Map(
    [...first]
      .filter(([key, value]) => isStableKey(key) && others.every((each) => each.get(key) === value))
      .toSorted(([a], [b]) => compareKeys(a, b)),
  );
}

const ranks: ReadonlyMap<string, number> = new Map([...identityKeys, ...narrowingKeys].map((key, at) => [key, at]));

function rank(key: string): number {
  return ranks.get(key) ?? ranks.size;
}
