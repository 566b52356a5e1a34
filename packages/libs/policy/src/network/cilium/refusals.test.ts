import { describe, expect, test } from 'vitest';
import { cilium, scene } from '../../testing/cilium-scene.ts';

const ports = (count: number): object[] => Array.from({ length: count }, (_, index) => ({ port: `${index + 1}` }));
const ingress = (...items: object[]): object => ({ endpointSelector: {}, ingress: items });
const egress = (...items: object[]): object => ({ endpointSelector: {}, egress: items });
const http = { rules: { http: [{ path: '/' }] } };

const refused: readonly [what: string, spec: object][] = [
  ['no selector', { ingress: [{}] }],
  ['both selectors', { endpointSelector: {}, nodeSelector: {}, ingress: [{}] }],
  ['a nodeSelector in a namespace', { nodeSelector: {}, ingress: [{}] }],
  ['peers of two kinds', ingress({ fromEndpoints: [{}], fromCIDR: ['10.0.0.0/8'] })],
  ['names beside endpoints', egress({ toFQDNs: [{ matchName: 'a.b' }], toEndpoints: [{}] })],
  ['services beside blocks', egress({ toServices: [{ k8sService: { serviceName: 'x' } }], toCIDR: ['10.0.0.0/8'] })],
  ['an entity that is none', ingress({ fromEntities: ['moon'] })],
  ['no CIDR', ingress({ fromCIDR: ['10.0.0.0/33'] })],
  ['an address in a CIDR set', ingress({ fromCIDRSet: [{ cidr: '10.0.0.1' }] })],
  ['a CIDR and a group', ingress({ fromCIDRSet: [{ cidr: '10.0.0.0/8', cidrGroupRef: 'x' }] })],
  ['neither CIDR nor group', ingress({ fromCIDRSet: [{ except: ['10.0.0.0/8'] }] })],
  ['an exception outside', ingress({ fromCIDRSet: [{ cidr: '10.0.0.0/8', except: ['192.0.2.0/24'] }] })],
  ['an exception that is wider', ingress({ fromCIDRSet: [{ cidr: '10.1.0.0/16', except: ['10.0.0.0/8'] }] })],
  ['a label key with two sources', ingress({ fromEndpoints: [{ matchLabels: { 'k8s:any:app': 'x' } }] })],
  ['In without values', ingress({ fromEndpoints: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }] })],
  [
    'Exists with values',
    ingress({ fromEndpoints: [{ matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] }] }),
  ],
  ['41 ports', ingress({ toPorts: [{ ports: ports(41) }] })],
  ['a port too high', ingress({ toPorts: [{ ports: [{ port: '65536' }] }] })],
  ['a name that is none', ingress({ toPorts: [{ ports: [{ port: 'a--b' }] }] })],
  ['a name too long', ingress({ toPorts: [{ ports: [{ port: 'abcdefghijklmnop' }] }] })],
  ['no port', ingress({ toPorts: [{ ports: [{ protocol: 'TCP' }] }] })],
  ['a protocol that is none', ingress({ toPorts: [{ ports: [{ port: '80', protocol: 'ICMP' }] }] })],
  ['a port of a protocol that has none', ingress({ toPorts: [{ ports: [{ port: '80', protocol: 'VRRP' }] }] })],
  ['ports beside ICMP types', ingress({ toPorts: [{ ports: ports(1) }], icmps: [{ fields: [{ type: 8 }] }] })],
  ['an ICMP type too high', ingress({ icmps: [{ fields: [{ type: 256 }] }] })],
  ['an ICMP type of the other family', ingress({ icmps: [{ fields: [{ type: 'PacketTooBig' }] }] })],
  ['HTTP over UDP', ingress({ toPorts: [{ ports: [{ port: '80', protocol: 'UDP' }], ...http }] })],
  ['HTTP over any protocol', ingress({ toPorts: [{ ports: [{ port: '80' }], ...http }] })],
  ['HTTP on port 0', ingress({ toPorts: [{ ports: [{ port: '0', protocol: 'TCP' }], ...http }] })],
  ['DNS on ingress', ingress({ toPorts: [{ ports: [{ port: '53' }], rules: { dns: [{ matchPattern: '*' }] } }] })],
  ['DNS without ports', egress({ toPorts: [{ rules: { dns: [{ matchPattern: '*' }] } }] })],
  [
    'DNS on a range',
    egress({ toPorts: [{ ports: [{ port: '53', endPort: 54 }], rules: { dns: [{ matchPattern: '*' }] } }] }),
  ],
  [
    'two protocols of layer 7',
    egress({
      toPorts: [{ ports: [{ port: '53', protocol: 'TCP' }], rules: { http: [], dns: [{ matchName: 'a.b' }] } }],
    }),
  ],
  [
    'a path that is no expression',
    ingress({ toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }], rules: { http: [{ path: '(' }] } }] }),
  ],
  [
    'server names with HTTP but without TLS termination',
    egress({ toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }], serverNames: ['a.b'], ...http }] }),
  ],
  [
    'a listener on ingress',
    ingress({
      toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }], listener: { name: 'l', envoyConfig: { name: 'e' } } }],
    }),
  ],
  ['a name and a pattern', egress({ toFQDNs: [{ matchName: 'a.b', matchPattern: '*' }] })],
  ['a name with a star', egress({ toFQDNs: [{ matchName: '*.b' }] })],
  ['nodes without the option', ingress({ fromNodes: [{}] })],
  ['a null item', ingress(JSON.parse('[null]'))],
];

const accepted: readonly [what: string, spec: object][] = [
  ['40 ports', ingress({ toPorts: [{ ports: ports(40) }] })],
  ['a null field', { ...ingress({}), egress: null }],
  ['a lower case protocol', ingress({ toPorts: [{ ports: [{ port: '80', protocol: 'tcp' }] }] })],
  ['an empty list beside another', egress({ toServices: [], toEndpoints: [{}] })],
  ['labels, description and log', { ...ingress({}), labels: [{ key: 'a' }], description: 'd', log: { value: 'v' } }],
  ['empty layer 7 rules over UDP', egress({ toPorts: [{ ports: [{ port: '80', protocol: 'UDP' }], rules: {} }] })],
];

describe('validation of Cilium policies', () => {
  test.each(refused)('given %s then the policy is refused and has no effect', (_, spec) => {
    const { problems, outcome } = scene({ 'a/x': {}, 'a/y': {} }, [cilium(spec, 'a')]);
    expect(problems.map(({ severity, code }) => `${severity} ${code}`)).toContain('error invalid');
    expect(outcome('a/x', 'a/y', 'TCP/80')).toBe('allowed');
  });

  test.each(accepted)('given %s then the policy is accepted', (_, spec) => {
    const { problems } = scene({ 'a/x': {} }, [cilium(spec, 'a')]);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test.each([
    ['no list', { endpointSelector: {} }],
    ['empty lists only', { endpointSelector: {}, ingress: [], enableDefaultDeny: { ingress: true }, egressDeny: [] }],
  ])('given %s then the policy does nothing, and that is told without calling it invalid', (_, spec) => {
    const { problems, outcome } = scene({ 'a/x': {}, 'a/y': {} }, [cilium(spec, 'a')]);
    expect(problems.map(({ severity, code, path }) => `${severity} ${code} ${path}`)).toContain(
      'warning ineffective spec',
    );
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(outcome('a/x', 'a/y', 'TCP/80')).toBe('allowed');
  });

  test('given one body of several that is refused then none has an effect', () => {
    const policy = {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'two', namespace: 'a' },
      specs: [ingress({}), ingress({ fromEntities: ['moon'] })],
    };
    const { problems, outcome } = scene({ 'a/x': {}, 'a/y': {} }, [policy]);
    expect(problems.filter(({ severity }) => severity === 'error').map(({ path }) => path)).toEqual([
      'specs[1].ingress[0].fromEntities[0]',
    ]);
    expect(outcome('a/x', 'a/y', 'TCP/80')).toBe('allowed');
  });

  test('given a field that the engine does not know then what it could affect is unknown', () => {
    const { problems, outcome } = scene({ 'a/x': {}, 'a/y': {} }, [
      cilium(ingress({ fromEndpoints: [{}], fromMoon: true }), 'a'),
    ]);
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toContain('unsupported spec.ingress[0].fromMoon');
    expect(outcome('a/x', 'a/y', 'TCP/80')).toBe('unknown');
  });

  test('given a kind of peers that the engine does not know then it may be anybody, on the ports of its item', () => {
    const item = { fromEndpoints: [{ matchLabels: { app: 'z' } }], fromMoon: true };
    const { outcome } = scene({ 'a/x': {}, 'a/y': {} }, [
      cilium(ingress({ ...item, toPorts: [{ ports: ports(1) }] }), 'a'),
    ]);
    expect(outcome('a/x', 'a/y', 'TCP/1')).toBe('unknown');
    expect(outcome('a/x', 'a/y', 'TCP/2')).toBe('denied');
  });
});
