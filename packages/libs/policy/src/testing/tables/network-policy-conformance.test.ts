import { describe, expect, it } from 'vitest';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import { networkPolicyConformance } from './network-policy-conformance.ts';
import { surprises } from './reachability.ts';

describe('the NetworkPolicy tests of Kubernetes', () => {
  it.each(networkPolicyConformance)('$name', (each) => {
    expect(surprises(each, { kind: 'generic' })).toEqual([]);
  });

  it.each(networkPolicyConformance)('on Cilium: $name', (each) => {
    expect(surprises(each, { ...CILIUM_DEFAULTS, sctp: true })).toEqual([]);
  });

  it('are all there', () => {
    expect(networkPolicyConformance.length).toBeGreaterThanOrEqual(48);
  });
});
