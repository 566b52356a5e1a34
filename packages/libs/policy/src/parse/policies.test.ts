import { describe, expect, it } from 'vitest';
import { POLICY_KINDS } from '../model/policy.ts';
import type { Cluster } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import { readManifests } from './read-manifests.ts';

function read(text: string): Cluster {
  return readManifests([{ source: 'f', text }]);
}

function troubles({ problems }: Cluster): string[] {
  return problems
    .filter(({ code }) => code !== 'assumed')
    .map(
      ({ severity, code, object, path }) =>
        `${severity} ${code} ${object === undefined ? '-' : refText(object)} ${path}`,
    );
}

function policy(apiVersion: string, kind: string, rest = 'spec: {}'): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: p, namespace: shop}\n${rest}\n`;
}

describe('kinds of policies', () => {
  it.each([
    ['networking.k8s.io/v1', 'NetworkPolicy', 'shop'],
    ['policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', ''],
    ['policy.networking.k8s.io/v1alpha1', 'BaselineAdminNetworkPolicy', ''],
    ['policy.networking.k8s.io/v1alpha1', 'ClusterNetworkPolicy', ''],
    ['policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', ''],
    ['cilium.io/v2', 'CiliumNetworkPolicy', 'shop'],
    ['cilium.io/v2', 'CiliumClusterwideNetworkPolicy', ''],
    ['security.istio.io/v1', 'AuthorizationPolicy', 'shop'],
    ['security.istio.io/v1beta1', 'AuthorizationPolicy', 'shop'],
    ['security.istio.io/v1', 'PeerAuthentication', 'shop'],
    ['security.istio.io/v1beta1', 'RequestAuthentication', 'shop'],
  ])('given %s %s, when read, then it is a policy with its own scope', (apiVersion, kind, namespace) => {
    const cluster = read(policy(apiVersion, kind));
    expect(cluster.policies).toMatchObject([
      { ref: { kind, namespace, name: 'p' }, apiVersion, specs: [{ path: 'spec', body: {} }], source: 'f#1' },
    ]);
    expect(troubles(cluster)).toEqual([]);
  });

  it.each(POLICY_KINDS)(
    'given %s in a version or group that nobody knows, when read, then it is unsupported',
    (kind) => {
      expect(troubles(read(policy('example.com/v1', kind)))).toHaveLength(kind.endsWith('Policy') ? 1 : 0);
      const groups = ['networking.k8s.io', 'policy.networking.k8s.io', 'cilium.io', 'security.istio.io'];
      const found = groups.map((group) => read(policy(`${group}/v9`, kind)));
      expect(found.flatMap(({ policies }) => policies)).toEqual([]);
      expect(found.flatMap(troubles).filter((each) => each.includes('apiVersion'))).toMatchObject([
        expect.stringMatching(/^warning unsupported .* apiVersion$/),
      ]);
    },
  );

  it.each([
    ['crd.projectcalico.org/v1', 'NetworkPolicy'],
    ['projectcalico.org/v3', 'GlobalNetworkPolicy'],
    ['projectcalico.org/v3', 'NetworkSet'],
    ['crd.antrea.io/v1beta1', 'ClusterNetworkPolicy'],
    ['cilium.io/v2', 'CiliumClusterwideEnvoyConfig'],
    ['cilium.io/v2', 'CiliumLocalRedirectPolicy'],
    ['policy.linkerd.io/v1beta1', 'Server'],
    ['policy.linkerd.io/v1alpha1', 'AuthorizationPolicy'],
    ['gateway.networking.k8s.io/v1', 'BackendTLSPolicy'],
    ['gateway.envoyproxy.io/v1alpha1', 'SecurityPolicy'],
    ['networking.istio.io/v1alpha3', 'EnvoyFilter'],
    ['k8s.ovn.org/v1', 'EgressFirewall'],
    ['k8s.cni.cncf.io/v1beta1', 'MultiNetworkPolicy'],
    ['kuma.io/v1alpha1', 'MeshTrafficPermission'],
  ])('given %s %s, which could decide, when read, then it is unsupported', (apiVersion, kind) => {
    expect(troubles(read(policy(apiVersion, kind)))).toEqual([
      expect.stringMatching(/^warning unsupported (shop\/)?p\[[A-Za-z]+\] kind$/),
    ]);
  });

  it.each([
    ['v1', 'ConfigMap'],
    ['v1', 'ServiceAccount'],
    ['v1', 'Secret'],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
    ['policy/v1', 'PodDisruptionBudget'],
    ['policy/v1beta1', 'PodSecurityPolicy'],
    ['kyverno.io/v1', 'ClusterPolicy'],
    ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
    ['projectcalico.org/v3', 'IPPool'],
    ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
    ['example.com/v1', 'BackupPolicy'],
    ['cilium.io/v2', 'CiliumEndpoint'],
  ])('given %s %s, which decides nothing, when read, then it is passed over quietly', (apiVersion, kind) => {
    expect(troubles(read(policy(apiVersion, kind)))).toEqual([]);
  });
});

describe('objects that do not matter', () => {
  it.each([
    [
      'configuration without metadata',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a]',
    ],
    ['a name that is a template', 'apiVersion: v1\nkind: Secret\nmetadata: {name: "{{ .x }}"}'],
    ['a name that is refused', 'apiVersion: v1\nkind: Secret\nmetadata: {name: A_b, labels: {a: 1}}'],
    ['a generated name', 'apiVersion: v1\nkind: Event\nmetadata: {generateName: a-}'],
  ])('given %s, when read, then it is passed over quietly', (_, text) => {
    expect(read(text).problems).toEqual([]);
  });
});

describe('bodies of policies', () => {
  it('given a NetworkPolicy without spec, when read, then its body is empty: it selects the whole namespace', () => {
    expect(read(policy('networking.k8s.io/v1', 'NetworkPolicy', '')).policies).toMatchObject([
      { specs: [{ path: 'spec', body: {} }] },
    ]);
  });

  it('given nulls in a NetworkPolicy, when read, then they are what the API server decodes them to', () => {
    const cluster = read(
      policy(
        'networking.k8s.io/v1',
        'NetworkPolicy',
        'spec:\n  podSelector: {matchLabels: {a: }}\n  egress:\n  ingress:\n  -\n  - from:\n',
      ),
    );
    expect(cluster.policies[0]?.specs[0]?.body).toEqual({
      podSelector: { matchLabels: { a: '' } },
      ingress: [{}, {}],
    });
  });

  it('given nulls in a Cilium policy, when read, then null fields are absent, and null items stay to be refused', () => {
    const cluster = read(
      policy(
        'cilium.io/v2',
        'CiliumNetworkPolicy',
        'spec:\n  endpointSelector: {matchLabels: {a: }}\n  egress:\n  ingress:\n  - \n  - fromEndpoints:\n',
      ),
    );
    expect(cluster.policies[0]?.specs[0]?.body).toEqual({
      endpointSelector: { matchLabels: { a: null } },
      ingress: [null, {}],
    });
  });

  it('given a Cilium policy with spec and specs, when read, then all bodies are there with their paths', () => {
    const cluster = read(
      policy(
        'cilium.io/v2',
        'CiliumNetworkPolicy',
        'spec: {description: a}\nspecs: [{description: b}, {description: c}]',
      ),
    );
    expect(cluster.policies[0]?.specs).toEqual([
      { path: 'spec', body: { description: 'a' } },
      { path: 'specs[0]', body: { description: 'b' } },
      { path: 'specs[1]', body: { description: 'c' } },
    ]);
  });

  it.each([
    [
      'a Cilium policy with neither',
      'cilium.io/v2',
      'CiliumNetworkPolicy',
      '',
      ['error invalid shop/p[CiliumNetworkPolicy] spec'],
    ],
    [
      'specs that are no list',
      'cilium.io/v2',
      'CiliumNetworkPolicy',
      'specs: {}',
      ['error invalid shop/p[CiliumNetworkPolicy] specs', 'error invalid shop/p[CiliumNetworkPolicy] spec'],
    ],
    [
      'a body that is no object',
      'networking.k8s.io/v1',
      'NetworkPolicy',
      'spec: []',
      ['error invalid shop/p[NetworkPolicy] spec'],
    ],
  ])('given %s, when read, then it is invalid, and no policy', (_, apiVersion, kind, rest, expected) => {
    const cluster = read(policy(apiVersion, kind, rest));
    expect(cluster.policies).toEqual([]);
    expect(troubles(cluster)).toEqual(expected);
  });

  it('given one body of several that is no object, when read, then the others are kept', () => {
    const cluster = read(policy('cilium.io/v2', 'CiliumNetworkPolicy', 'specs: [{description: b}, 7]'));
    expect(cluster.policies[0]?.specs).toHaveLength(1);
    expect(troubles(cluster)).toEqual(['error invalid shop/p[CiliumNetworkPolicy] specs[1]']);
  });
});
