import { describe, expect, it } from 'vitest';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import { readManifests } from '../../parse/read-manifests.ts';
import { lintNetworkPolicies } from './lint-network-policy.ts';

const pods = ['a', 'b'].map((name) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'x', name, labels: { app: name } },
  spec: {
    hostNetwork: name === 'b',
    containers: [{ name: 'c', image: 'i', ports: [{ name: 'http', containerPort: 80 }] }],
  },
  status: { podIP: '10.0.0.1' },
}));

const lint = (spec: unknown, profile: NetworkProfile = { kind: 'generic' }, withPods = true) => {
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'x', name: 'policy' },
    spec,
  };
  const items = [policy, ...(withPods ? pods : [])];
  const cluster = readManifests([
    { source: 'a.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) },
  ]);
  return lintNetworkPolicies(cluster, profile).map(({ severity, path }) => `${severity} ${path}`);
};
const to = (ipBlock: object): unknown => ({ policyTypes: ['Egress'], egress: [{ to: [{ ipBlock }] }] });
const cilium = CILIUM_DEFAULTS;

describe('lint finds in NetworkPolicies', () => {
  it.each<[string, unknown, string[]]>([
    ['nothing', { ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 'http' }] }] }, []],
    ['nobody selected', { podSelector: { matchLabels: { app: 'c' } } }, ['info spec.podSelector']],
    ['only pods of the host network', { podSelector: { matchLabels: { app: 'b' } } }, ['info spec.podSelector']],
    [
      'a peer that is nobody',
      {
        ingress: [
          {
            from: [{ podSelector: { matchLabels: { app: 'c' } } }, { namespaceSelector: { matchLabels: { a: 'b' } } }],
          },
        ],
      },
      ['info spec.ingress[0].from[0]', 'info spec.ingress[0].from[1]'],
    ],
    [
      'a name that no subject has',
      { ingress: [{ ports: [{ port: 'gone' }] }] },
      ['warning spec.ingress[0].ports[0].port'],
    ],
    [
      'a name of another protocol',
      { ingress: [{ ports: [{ port: 'http', protocol: 'UDP' }] }] },
      ['warning spec.ingress[0].ports[0].port'],
    ],
    [
      'a name toward a block',
      { egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ port: 'http' }] }] },
      ['warning spec.egress[0].ports[0].port'],
    ],
    ['a name that a peer has', { egress: [{ to: [{ podSelector: {} }], ports: [{ port: 'http' }] }] }, []],
    ['rules of another type', { policyTypes: ['Ingress'], egress: [{}] }, ['warning spec.egress']],
    ['an empty list that isolates nothing', { egress: [] }, ['warning spec.egress']],
    [
      'bits behind the prefix',
      to({ cidr: '10.1.0.0/8', except: ['10.9.1.0/16'] }),
      ['warning spec.egress[0].to[0].ipBlock.cidr', 'warning spec.egress[0].to[0].ipBlock.except[0]'],
    ],
    [
      'all excepted',
      to({ cidr: '10.0.0.0/8', except: ['10.0.0.0/9', '10.128.0.0/9', '10.1.0.0/16'] }),
      ['warning spec.egress[0].to[0].ipBlock.except'],
    ],
    ['all excepted but a part', to({ cidr: '10.0.0.0/8', except: ['10.0.0.0/9', '10.0.0.0/9', '10.1.0.0/16'] }), []],
  ])('%s', (_, spec, expected) => {
    expect(lint(spec)).toEqual(expected);
  });

  it('blocks of pods, on Cilium', () => {
    expect(lint(to({ cidr: '10.0.0.0/8' }))).toEqual([]);
    expect(lint(to({ cidr: '10.0.0.0/8' }), cilium)).toEqual(['warning spec.egress[0].to[0].ipBlock.cidr']);
    expect(lint(to({ cidr: '11.0.0.0/8' }), cilium)).toEqual([]);
    expect(lint(to({ cidr: '10.0.0.0/8' }), { ...cilium, policyCidrMatchMode: ['pods'] })).toEqual([]);
  });

  it('nothing about pods where none is given, nor in what is invalid', () => {
    expect(lint({ ingress: [{ ports: [{ port: 'gone' }] }] }, { kind: 'generic' }, false)).toEqual([]);
    expect(lint({ ingress: [{ from: [{}] }] })).toEqual([]);
  });
});
