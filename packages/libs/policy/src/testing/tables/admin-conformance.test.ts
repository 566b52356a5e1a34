import { describe, expect, it } from 'vitest';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import { adminConformance } from './admin-conformance.ts';
import { policyObject, surprisesOfLines } from './admin-model.ts';
import type { Generation } from './admin-model.ts';

const objectsOf = (each: (typeof adminConformance)[number], generation: Generation): readonly unknown[] => [
  ...each.policies.map((policy, index) => policyObject(policy, index, generation)),
  ...(each.networkPolicies ?? []).map((spec, index) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'home', name: `policy-${index}` },
    spec,
  })),
];

describe('the conformance tests of the network-policy-api', () => {
  it.each(adminConformance)('AdminNetworkPolicy and BaselineAdminNetworkPolicy: $name', (each) => {
    expect(surprisesOfLines(objectsOf(each, 'v1alpha1'), each.lines, { kind: 'generic' })).toEqual([]);
  });

  it.each(adminConformance)('ClusterNetworkPolicy: $name', (each) => {
    expect(surprisesOfLines(objectsOf(each, 'v1alpha2'), each.lines, { kind: 'generic' })).toEqual([]);
  });

  // Networks and nodes are CIDR and node rules there, which depend on more options; see docs/policy-semantics.md.
  it.each(adminConformance.filter(({ name }) => !/networks|nodes|host's/.test(name)))('Cilium: $name', (each) => {
    const profile = { ...CILIUM_DEFAULTS, sctp: true, clusterNetworkPolicy: true };
    expect(surprisesOfLines(objectsOf(each, 'v1alpha2'), each.lines, profile)).toEqual([]);
  });
});
