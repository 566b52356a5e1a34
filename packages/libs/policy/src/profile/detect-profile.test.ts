import { describe, expect, it } from 'vitest';
import { AUTHORIZATION_DEFAULTS, CILIUM_DEFAULTS } from '../model/profile.ts';
import { readManifests } from '../parse/read-manifests.ts';
import type { Cluster } from '../model/cluster.ts';
import { detectProfile } from './detect-profile.ts';

function read(...items: Record<string, unknown>[]): Cluster {
  return readManifests([{ source: 'f', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }]);
}

function object(
  apiVersion: string,
  kind: string,
  name: string,
  rest: Record<string, unknown> = {},
): Record<string, unknown> {
  return { apiVersion, kind, metadata: { name, namespace: 'kube-system' }, ...rest };
}

function agent(name: string, labels: Record<string, string>): Record<string, unknown> {
  return object('apps/v1', 'DaemonSet', name, { spec: { template: { metadata: { labels }, spec: {} } } });
}

function config(data: Record<string, string>): Record<string, unknown> {
  return object('v1', 'ConfigMap', 'cilium-config', { data });
}

const ciliumPolicy = object('cilium.io/v2', 'CiliumNetworkPolicy', 'p', { spec: {} });
const calicoPool = object('crd.projectcalico.org/v1', 'IPPool', 'pool');

describe('who enforces network policies', () => {
  it.each<[string, Record<string, unknown>[], string, string]>([
    ['nothing', [], 'unknown', 'no sign'],
    [
      'only a NetworkPolicy',
      [object('networking.k8s.io/v1', 'NetworkPolicy', 'p', { spec: {} })],
      'unknown',
      'no sign',
    ],
    ['the ConfigMap', [config({})], 'cilium', 'cilium-config'],
    ['the agent', [agent('cilium', {})], 'cilium', 'kube-system/cilium[DaemonSet]'],
    [
      "a pod with the agent's label",
      [object('v1', 'Pod', 'cilium-x', { metadata: { name: 'cilium-x', labels: { 'k8s-app': 'cilium' } }, spec: {} })],
      'cilium',
      'cilium-x',
    ],
    ['a Cilium policy', [ciliumPolicy], 'cilium', 'p[CiliumNetworkPolicy]'],
    ['a CiliumNode', [object('cilium.io/v2', 'CiliumNode', 'n')], 'cilium', 'n[CiliumNode]'],
    ['calico-node', [agent('calico-node', { 'k8s-app': 'calico-node' })], 'generic', 'calico-node'],
    ['antrea', [agent('antrea-agent', { app: 'antrea', component: 'antrea-agent' })], 'generic', 'antrea-agent'],
    ["a kind of Calico's", [calicoPool], 'generic', 'Calico'],
    ['a Cilium policy where Calico runs', [ciliumPolicy, calicoPool], 'unknown', 'another network plugin'],
    ['the Cilium agent where Calico was', [agent('cilium', {}), calicoPool], 'cilium', 'cilium[DaemonSet]'],
  ])('given %s, when detected, then the profile says so, and by what', (_, items, kind, origin) => {
    const profile = detectProfile(read(...items));
    expect(profile.network.kind).toBe(kind);
    expect(profile.origin.network).toContain(origin);
  });

  it("given Cilium without its configuration, when detected, then it is Cilium's defaults", () => {
    expect(detectProfile(read(ciliumPolicy)).network).toEqual(CILIUM_DEFAULTS);
  });

  it("given Cilium's configuration, when detected, then every option counts", () => {
    const cluster = read(
      config({
        'policy-cidr-match-mode': 'nodes,pods',
        'enable-policy': 'always',
        'enable-host-firewall': 'true',
        'allow-localhost': 'policy',
        'policy-audit-mode': 'true',
        'enable-non-default-deny-policies': 'false',
        'enable-sctp': 'true',
        'enable-node-selector-labels': 'true',
        'enable-k8s-cluster-network-policy': 'true',
        'cluster-name': 'east',
      }),
    );
    expect(detectProfile(cluster).network).toEqual({
      kind: 'cilium',
      policyCidrMatchMode: ['nodes', 'pods'],
      enablePolicy: 'always',
      hostFirewall: true,
      allowLocalhost: 'policy',
      auditMode: true,
      nonDefaultDeny: false,
      sctp: true,
      nodeSelectorLabels: true,
      clusterNetworkPolicy: true,
      clusterName: 'east',
    });
    expect(cluster.problems).toEqual([]);
  });

  it.each([
    ['enable-policy', 'sometimes'],
    ['policy-cidr-match-mode', 'nodes moon'],
    ['enable-sctp', 'maybe'],
    ['allow-localhost', 'x'],
    ['enable-k8s-networkpolicy', 'false'],
    ['enable-l7-proxy', 'false'],
    ['labels', 'k8s:app'],
  ])('given %s "%s", which the engine does not judge by, when read, then it is unsupported', (key, value) => {
    expect(read(config({ [key]: value })).problems).toMatchObject([
      { severity: 'warning', code: 'unsupported', path: `data["${key}"]` },
    ]);
  });

  it('given what the asker knows, when detected, then it wins over every sign', () => {
    const cluster = read(config({ 'enable-policy': 'always', 'cluster-name': 'east' }));
    expect(detectProfile(cluster, { network: 'generic' })).toMatchObject({
      network: { kind: 'generic' },
      origin: { network: 'given' },
    });
    expect(detectProfile(cluster, { network: 'cilium' }).network).toMatchObject({ enablePolicy: 'always' });
    expect(detectProfile(cluster, { network: { enablePolicy: 'never' } }).network).toMatchObject({
      kind: 'cilium',
      enablePolicy: 'never',
      clusterName: 'east',
    });
    expect(detectProfile(read(calicoPool), { network: 'cilium' }).network).toEqual(CILIUM_DEFAULTS);
  });
});

describe('who enforces authorization', () => {
  const mesh = 'rootNamespace: mesh\ntrustDomain: corp\ntrustDomainAliases: [old]\n';

  it("given nothing, when detected, then it is Istio's defaults", () => {
    const profile = detectProfile(read());
    expect(profile.authorization).toEqual(AUTHORIZATION_DEFAULTS);
    expect(profile.origin.authorization).toBe("Istio's defaults");
  });

  it.each([
    ['the ConfigMap istio', object('v1', 'ConfigMap', 'istio', { data: { mesh } })],
    ['the ConfigMap of a revision', object('v1', 'ConfigMap', 'istio-canary', { data: { mesh } })],
    [
      'an IstioOperator',
      object('install.istio.io/v1alpha1', 'IstioOperator', 'i', {
        spec: { meshConfig: { rootNamespace: 'mesh', trustDomain: 'corp', trustDomainAliases: ['old'] } },
      }),
    ],
    [
      "Sail's Istio",
      object('sailoperator.io/v1', 'Istio', 'default', {
        spec: { values: { meshConfig: { rootNamespace: 'mesh', trustDomain: 'corp', trustDomainAliases: ['old'] } } },
      }),
    ],
  ])('given %s, when detected, then its mesh settings count', (_, item) => {
    expect(detectProfile(read(item)).authorization).toEqual({
      dataPlane: 'by-pod',
      rootNamespace: 'mesh',
      trustDomain: 'corp',
      trustDomainAliases: ['old'],
    });
  });

  it('given what the asker knows, when detected, then it wins', () => {
    const cluster = read(object('v1', 'ConfigMap', 'istio', { data: { mesh } }));
    const { authorization, origin } = detectProfile(cluster, {
      dataPlane: 'ztunnel',
      trustDomain: 'mine',
      trustDomainAliases: [],
    });
    expect(authorization).toEqual({
      dataPlane: 'ztunnel',
      rootNamespace: 'mesh',
      trustDomain: 'mine',
      trustDomainAliases: [],
    });
    expect(origin.authorization).toContain('trust domain given');
    expect(origin.authorization).toContain('root namespace from');
  });

  it("given a mesh configuration that can't be read, when read, then it is left out, and that is said", () => {
    const cluster = read(object('v1', 'ConfigMap', 'istio', { data: { mesh: 'a: [' } }));
    expect(cluster.problems).toMatchObject([{ code: 'invalid', path: 'data.mesh' }]);
    expect(detectProfile(cluster).authorization).toEqual(AUTHORIZATION_DEFAULTS);
  });
});
