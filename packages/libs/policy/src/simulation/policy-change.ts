import type { Cluster } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { Policy, PolicyKind } from '../model/policy.ts';

/** What differs between two clusters. */
export interface PolicyChanges {
  readonly added: readonly Policy[];
  readonly replaced: readonly { readonly before: Policy; readonly after: Policy }[];
  readonly deleted: readonly Policy[];
  /** All policies of the three, old and new. */
  readonly changed: readonly Policy[];
  /** Something besides policies differs: pods, namespaces, services … Then everything may. */
  readonly everything: boolean;
}

/** Compares two clusters by content: a policy that was applied again without a change is none. */
export function policyChanges(before: Cluster, after: Cluster): PolicyChanges {
  const old = new Map(before.policies.map((policy) => [refText(policy.ref), policy]));
  const young = new Map(after.policies.map((policy) => [refText(policy.ref), policy]));
  const added = [...young].flatMap(([key, policy]) => (old.has(key) ? [] : [policy]));
  const deleted = [...old].flatMap(([key, policy]) => (young.has(key) ? [] : [policy]));
  const replaced = [...young].flatMap(([key, policy]) => {
    const was = old.get(key);
    return was === undefined || was === policy || policyText(was) === policyText(policy)
      ? []
      : [{ before: was, after: policy }];
  });
  const parts = ['pods', 'nodes', 'services', 'endpointSlices', 'cidrGroups'] as const;
  return {
    added,
    replaced,
    deleted,
    changed: [...added, ...deleted, ...replaced.flatMap((each) => [each.before, each.after])],
    everything:
      parts.some((part) => !sameItems(before[part], after[part])) ||
      !sameItems([...before.namespaces.values()], [...after.namespaces.values()]),
  };
}

const AUTHORIZATION_KINDS: ReadonlySet<PolicyKind> = new Set([
  'AuthorizationPolicy',
  'PeerAuthentication',
  'RequestAuthentication',
]);

/** Whether a policy is of the authorization layer; all others are network policies. */
export function isAuthorization({ ref }: Policy): boolean {
  return AUTHORIZATION_KINDS.has(ref.kind);
}

/** Equal for policies that say the same. */
export function policyText({ apiVersion, labels, annotations, specs }: Policy): string {
  return JSON.stringify([apiVersion, [...labels], [...annotations], specs]);
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}
