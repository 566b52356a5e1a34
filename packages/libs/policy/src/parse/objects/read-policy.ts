import { POLICY_KINDS } from '../../model/policy.ts';
import type { Policy, PolicyKind, PolicySpecBody } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import { isObject } from '../text/json-object.ts';
import { withoutNulls } from './nulls.ts';
import type { RawObject } from './raw-object.ts';

/** API group and versions in which each kind of policy is read. */
const served: Readonly<Record<PolicyKind, { readonly group: string; readonly versions: readonly string[] }>> = {
  NetworkPolicy: { group: 'networking.k8s.io', versions: ['v1'] },
  AdminNetworkPolicy: { group: 'policy.networking.k8s.io', versions: ['v1alpha1', 'v1alpha2'] },
  BaselineAdminNetworkPolicy: { group: 'policy.networking.k8s.io', versions: ['v1alpha1', 'v1alpha2'] },
  ClusterNetworkPolicy: { group: 'policy.networking.k8s.io', versions: ['v1alpha1', 'v1alpha2'] },
  CiliumNetworkPolicy: { group: 'cilium.io', versions: ['v2'] },
  CiliumClusterwideNetworkPolicy: { group: 'cilium.io', versions: ['v2'] },
  AuthorizationPolicy: { group: 'security.istio.io', versions: ['v1', 'v1beta1'] },
  PeerAuthentication: { group: 'security.istio.io', versions: ['v1', 'v1beta1'] },
  RequestAuthentication: { group: 'security.istio.io', versions: ['v1', 'v1beta1'] },
};

/** The kind, when it is one that the engine evaluates, of the group that the engine knows. */
export function policyKind(group: string, kind: string): PolicyKind | undefined {
  const found = POLICY_KINDS.find((each) => each === kind);
  return found !== undefined && served[found].group === group ? found : undefined;
}

/** Whether the engine knows a version of a policy's kind; versions it knows are in the message for those it doesn't. */
export function policyVersions(kind: PolicyKind): readonly string[] {
  return served[kind].versions;
}

/** A policy with its bodies; undefined when there is nothing that could be read, with the reason in `report`. */
export function readPolicy(
  kind: PolicyKind,
  raw: RawObject,
  report: (problem: Pick<Problem, 'severity' | 'code' | 'path' | 'message'>) => void,
): Policy | undefined {
  const invalid = (path: string, message: string): void =>
    report({ severity: 'error', code: 'invalid', path, message });
  const isCilium = kind === 'CiliumNetworkPolicy' || kind === 'CiliumClusterwideNetworkPolicy';
  const specs: PolicySpecBody[] = [];
  const add = (path: string, body: unknown): void => {
    const clean = withoutNulls(body, kind);
    if (isObject(clean)) specs.push({ path, body: clean });
    else invalid(path, 'must be an object');
  };
  const { spec, specs: listed } = raw.value;
  if (spec !== undefined && spec !== null) add('spec', spec);
  // An absent spec is an empty one: it selects every pod of the namespace. Cilium wants a spec or specs.
  else if (!isCilium) add('spec', {});
  if (isCilium && Array.isArray(listed)) {
    for (const [index, body] of listed.entries()) add(`specs[${index}]`, body);
  } else if (isCilium && listed !== undefined && listed !== null) {
    invalid('specs', 'must be a list');
  }
  if (specs.length === 0) {
    if (isCilium && !Array.isArray(listed)) invalid('spec', 'neither spec nor specs is given');
    return undefined;
  }
  const { ref, apiVersion, metadata, source } = raw;
  return {
    ref: { kind, namespace: ref.namespace, name: ref.name },
    apiVersion,
    labels: metadata.labels,
    annotations: metadata.annotations,
    specs,
    source,
  };
}
