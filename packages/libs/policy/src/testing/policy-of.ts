import type { Policy } from '../model/policy.ts';
import { readManifests } from '../parse/read-manifests.ts';

/** The one policy of a manifest in YAML. */
export function policyOf(text: string): Policy {
  const { policies, problems } = readManifests([{ source: 'policy.yaml', text }]);
  const [policy] = policies;
  if (policy === undefined || policies.length !== 1) {
    throw new Error(`${policies.length} policies: ${JSON.stringify(problems)}`);
  }
  return policy;
}

/** A NetworkPolicy in namespace x with this spec. */
export function networkPolicyOf(spec: unknown): Policy {
  return policyOf(
    JSON.stringify({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'x', name: 'policy' },
      spec,
    }),
  );
}

/** A policy of one of the admin kinds, in the version that goes with it. */
export function adminPolicyOf(
  kind: string,
  spec: unknown,
  name = kind.startsWith('Baseline') ? 'default' : 'policy',
): Policy {
  const version = kind === 'ClusterNetworkPolicy' ? 'v1alpha2' : 'v1alpha1';
  return policyOf(
    JSON.stringify({ apiVersion: `policy.networking.k8s.io/${version}`, kind, metadata: { name }, spec }),
  );
}
