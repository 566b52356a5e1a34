import { describe, expect, it } from 'vitest';
import { readTraffic } from '../traffic/read-traffic.ts';
import {
  clusterOf,
  edge,
  november,
  pod,
  profile,
  recommended,
  shopManifests,
  subjectOf,
} from '../testing/recommendation/shop.ts';
import type { PolicyForm } from './expression.ts';
import type { Manifest } from './manifest.ts';
import { networkPolicies } from './network-policy-expression.ts';
import { recommendNetwork } from './recommend-network.ts';

const [web, cart] = [pod('shop', 'web'), pod('shop', 'cart')];

/** What comes out when policies are written wrongly. */
function writtenBy(change: (spec: Manifest['spec']) => Manifest['spec']) {
  const write: PolicyForm['write'] = (draft) => {
    const manifest = networkPolicies.write(draft);
    return { ...manifest, spec: change(manifest.spec) };
  };
  const { connections } = readTraffic({ l4: [edge(web, cart, 8080)] });
  const cluster = clusterOf(shopManifests);
  const input = {
    cluster,
    profile: profile('generic'),
    edges: connections,
    now: november(25),
    kind: 'networkpolicy',
    mode: 'minimal',
  } as const;
  return recommendNetwork({ ...networkPolicies, write }, input);
}

describe('the check of what is recommended', () => {
  it('given rules that are lost in writing, then nothing is given', () => {
    const result = writtenBy((spec) =>
      Object.fromEntries(Object.entries(spec).filter(([field]) => field !== 'ingress')),
    );
    expect(result.manifests.map(({ metadata }) => metadata.name)).toEqual(['kestrel-web']);
    expect(result.guarantees.allowedStays.withheld).toBe(1);
  });

  it('given rules without their ports, then nothing is given', () => {
    const result = writtenBy((spec) =>
      spec['ingress'] === undefined ? spec : { ...spec, ingress: [{ from: [{ podSelector: {} }] }] },
    );
    expect(result.manifests.map(({ metadata }) => metadata.name)).toEqual(['kestrel-web']);
    expect(result.guarantees.withinObserved.withheld).toBe(1);
    expect(subjectOf(result, 'cart', 'ingress')?.reasons[0]).toContain('more would be allowed than was seen');
  });

  it('given a policy that is about others too, then nothing is given', () => {
    const result = writtenBy((spec) => ({ ...spec, podSelector: {} }));
    expect(result.manifests).toEqual([]);
  });

  it('given a policy of an administrator that denies what was seen, then the direction is withheld', () => {
    const deny = `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: d}, spec: {priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}`;
    const result = recommended({ l4: [edge(web, cart, 8080)], manifests: [deny] });
    expect(result.manifests.map(({ metadata }) => metadata.name)).toEqual(['kestrel-web']);
    expect(subjectOf(result, 'cart', 'ingress')).toMatchObject({
      state: 'withheld',
      reasons: [expect.stringContaining('it would be denied')],
    });
  });
});
