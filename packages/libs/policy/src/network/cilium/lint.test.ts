import { describe, expect, test } from 'vitest';
import type { CiliumProfile } from '../../model/profile.ts';
import { cilium, scene } from '../../testing/cilium-scene.ts';

const findings: readonly [what: string, spec: object, found: string, profile?: Partial<CiliumProfile>][] = [
  ['an empty list', { ingress: [], egress: [{}] }, 'ineffective spec.ingress'],
  ['an empty allow item', { ingress: [{}] }, 'ineffective spec.ingress[0]'],
  ['an empty deny item', { ingressDeny: [{}] }, 'ineffective spec.ingressDeny[0]'],
  ['an empty list of peers', { ingress: [{ fromEndpoints: [] }] }, 'ineffective spec.ingress[0].fromEndpoints'],
  ['a port rule without ports', { ingress: [{ toPorts: [{}] }] }, 'ineffective spec.ingress[0].toPorts[0]'],
  ['ICMP rules without types', { ingress: [{ icmps: [{}] }] }, 'ineffective spec.ingress[0].icmps[0]'],
  [
    'ICMP type 0',
    { ingress: [{ icmps: [{ fields: [{ type: 0 }] }] }] },
    'ineffective spec.ingress[0].icmps[0].fields[0]',
  ],
  [
    'default deny without rules',
    { ingress: [{ fromEntities: ['all'] }], enableDefaultDeny: { egress: true } },
    'ineffective spec.enableDefaultDeny.egress',
  ],
  [
    'default deny that the agent does not heed',
    { ingress: [{ fromEntities: ['all'] }], enableDefaultDeny: { ingress: false } },
    'ineffective spec.enableDefaultDeny.ingress',
    { nonDefaultDeny: false },
  ],
  [
    'peers by a label that no identity has',
    { ingress: [{ fromEndpoints: [{ matchLabels: { 'controller-revision-hash': 'x' } }] }] },
    'ineffective spec.ingress[0].fromEndpoints[0]',
  ],
  [
    'subjects by a label that no identity has',
    { endpointSelector: { matchLabels: { 'kubernetes.io/arch': 'x' } }, ingress: [{ fromEntities: ['all'] }] },
    'ineffective spec.endpointSelector',
  ],
  [
    'another namespace in the subject’s labels',
    { endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'z' } }, ingress: [{}] },
    'ineffective spec.endpointSelector',
  ],
  [
    'a range that ends before it begins',
    { ingress: [{ toPorts: [{ ports: [{ port: '80', endPort: 70 }] }] }] },
    'ineffective spec.ingress[0].toPorts[0].ports[0].endPort',
  ],
  [
    'SCTP where it is switched off',
    { ingress: [{ toPorts: [{ ports: [{ port: '80', protocol: 'SCTP' }] }] }] },
    'ineffective spec.ingress[0].toPorts[0].ports[0]',
  ],
  [
    'an empty selector of CIDR groups',
    { ingress: [{ fromCIDRSet: [{ cidrGroupSelector: {} }] }] },
    'ineffective spec.ingress[0].fromCIDRSet[0].cidrGroupSelector',
  ],
  ['a name of nothing', { egress: [{ toFQDNs: [{}] }] }, 'ineffective spec.egress[0].toFQDNs[0]'],
  [
    'a CIDR group that is not there',
    { ingress: [{ fromCIDRSet: [{ cidrGroupRef: 'gone' }] }] },
    'unresolved spec.ingress[0].fromCIDRSet[0].cidrGroupRef',
  ],
  [
    'a service that is not there',
    { egress: [{ toServices: [{ k8sService: { serviceName: 'gone' } }] }] },
    'unresolved spec.egress[0].toServices[0]',
  ],
  ['security groups of a cloud', { egress: [{ toGroups: [{ aws: {} }] }] }, 'unsupported spec.egress[0].toGroups'],
  [
    'layer 7 rules of a protocol that is gone',
    { ingress: [{ toPorts: [{ ports: [{ port: '9092', protocol: 'TCP' }], rules: { kafka: [{ topic: 'x' }] } }] }] },
    'unsupported spec.ingress[0].toPorts[0].rules.kafka',
  ],
  [
    'a protocol without ports',
    { ingress: [{ toPorts: [{ ports: [{ port: '0', protocol: 'VRRP' }] }] }] },
    'unsupported spec.ingress[0].toPorts[0].ports[0]',
  ],
];

function foundIn(spec: object): readonly string[] {
  return scene({ 'a/x': {} }, [cilium(spec, 'a')]).problems.map(({ code, path }) => `${code} ${path}`);
}

describe('findings about Cilium policies', () => {
  test.each(findings)('given %s then it is told where it stands', (_, spec, found, profile) => {
    const { problems } = scene({ 'a/x': {} }, [cilium({ endpointSelector: {}, ...spec }, 'a')], {
      ...(profile && { profile }),
    });
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toContain(found);
  });

  test('given names and no DNS rule in any policy then it is told; given one then not', () => {
    const names = { endpointSelector: {}, egress: [{ toFQDNs: [{ matchName: 'a.b' }] }] };
    const dns = { ports: [{ port: '53', protocol: 'ANY' }], rules: { dns: [{ matchPattern: '*' }] } };
    const both = { ...names, egress: [...names.egress, { toPorts: [dns] }] };
    expect(foundIn(names)).toContain('ineffective spec.egress[0].toFQDNs');
    expect(foundIn(both)).not.toContain('ineffective spec.egress[0].toFQDNs');
  });

  test('given a host policy without the host firewall then it is told', () => {
    const { problems } = scene({ 'a/x': {} }, [cilium({ nodeSelector: {}, ingress: [{}] })]);
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toContain('ineffective spec.nodeSelector');
  });

  test('given a policy that does what it says then nothing is told', () => {
    const spec = { endpointSelector: {}, ingress: [{ fromEndpoints: [{}], toPorts: [{ ports: [{ port: '80' }] }] }] };
    const { problems } = scene({ 'a/x': {} }, [cilium(spec, 'a')]);
    expect(problems.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  test('given layer 7 rules of a protocol that is gone then connections are allowed and requests unknown', () => {
    const rule = { ports: [{ port: '9092', protocol: 'TCP' }], rules: { kafka: [{ topic: 'x' }] } };
    const { outcome } = scene({ 'a/x': {}, 'a/y': {} }, [
      cilium({ endpointSelector: {}, ingress: [{ toPorts: [rule] }] }, 'a'),
    ]);
    expect(outcome('a/x', 'a/y', 'TCP/9092')).toBe('allowed');
    expect(outcome('a/x', 'a/y', 'TCP/9092', { request: {} })).toBe('unknown');
    expect(outcome('a/x', 'a/y', 'TCP/80')).toBe('denied');
  });
});
