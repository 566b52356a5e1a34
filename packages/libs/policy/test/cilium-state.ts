import fc from 'fast-check';
import type { CiliumProfile } from '../src/model/profile.ts';
import { CILIUM_DEFAULTS } from '../src/model/profile.ts';
import type { Protocol } from '../src/model/cluster.ts';
import { maybe, NAMESPACES } from '../src/testing/arbitrary-world.ts';
import type { CiliumEnd } from './cilium-policy.ts';

// Random clusters in the vocabulary of Cilium's policies: all pods on the node n1, whose agent is asked, and another node n2.

/** Labels of a pod, a namespace, a node, a service or a CIDR group. */
export type StateLabels = Readonly<Record<string, string>>;

const KEYS = ['app', 'tier', 'pod-template-hash', 'app.kubernetes.io/name'] as const;
const VALUES = ['a', 'b', ''] as const;
const PORT_NAMES = ['web', 'dns'] as const;
const PORT_NUMBERS = [53, 80, 81, 443] as const;
/** Protocols of ports. */
export const PORT_PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const satisfies readonly Protocol[];

export const stateLabels: fc.Arbitrary<StateLabels> = fc.dictionary(
  fc.constantFrom(...KEYS),
  fc.constantFrom(...VALUES),
  { maxKeys: 3 },
);

const pod = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  labels: stateLabels,
  serviceAccount: fc.constantFrom('default', 'shop'),
  family: fc.constantFrom<(4 | 6)[]>(4, 4, 6),
  ports: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...PORT_NAMES),
      containerPort: fc.constantFrom(...PORT_NUMBERS),
      protocol: fc.constantFrom(...PORT_PROTOCOLS),
    }),
    { maxLength: 2, selector: (port) => port.name },
  ),
});

const service = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  labels: stateLabels,
  selector: maybe(stateLabels.filter((labels) => Object.keys(labels).length > 0)),
  addresses: fc.uniqueArray(fc.constantFrom('192.0.2.1', '2001:db8::1', '10.0.0.1', '10.9.0.2'), {
    minLength: 1,
    maxLength: 2,
  }),
});

/** Blocks that policies and CIDR groups name. */
export const STATE_BLOCKS = [
  '0.0.0.0/0',
  '::/0',
  '10.0.0.0/8',
  '10.9.0.0/16',
  '192.0.2.0/24',
  '192.0.2.0/25',
  '192.0.2.1/32',
  '2001:db8::/32',
  '2001:db8::/33',
  'fd00::/126',
] as const;

const group = fc.record({
  labels: fc.dictionary(fc.constantFrom('env', 'team'), fc.constantFrom(...VALUES), { maxKeys: 2 }),
  cidrs: fc.uniqueArray(fc.constantFrom(...STATE_BLOCKS), { maxLength: 2 }),
});

const profile: fc.Arbitrary<CiliumProfile> = fc
  .record({
    enablePolicy: fc.constantFrom<CiliumProfile['enablePolicy'][]>('default', 'default', 'default', 'always', 'never'),
    allowLocalhost: fc.constantFrom<CiliumProfile['allowLocalhost'][]>('always', 'policy'),
    nonDefaultDeny: fc.boolean(),
    hostFirewall: fc.boolean(),
    nodeSelectorLabels: fc.boolean(),
    policyCidrMatchMode: fc.subarray<'nodes' | 'pods'>(['nodes', 'pods']),
    clusterName: fc.constantFrom('default', 'east'),
  })
  // Cilium's policy code does not look at enable-sctp: the data plane does.
  .map((own) => ({ ...CILIUM_DEFAULTS, ...own, sctp: true }));

/** A cluster, how Cilium is configured in it, and what DNS answered. */
export const state = fc.record({
  profile,
  namespaceLabels: fc.tuple(stateLabels, stateLabels, stateLabels),
  nodeLabels: fc.tuple(stateLabels, stateLabels),
  pods: fc.array(pod, { minLength: 1, maxLength: 4 }),
  services: fc.array(service, { maxLength: 2 }),
  groups: fc.array(group, { maxLength: 3 }),
  apiServer: fc.constantFrom<('nowhere' | 'outside' | 'n1' | 'n2')[]>('nowhere', 'outside', 'n1', 'n2'),
});

/** A value of {@link state}. */
export type State = typeof state extends fc.Arbitrary<infer T> ? T : never;

const nodeIps = ['10.9.0.1', '10.9.0.2'] as const;
const apiServerOutside = '192.0.2.200';

/** Addresses outside of the cluster with the names that DNS answered for them. */
const OUTSIDE: readonly { readonly ip: string; readonly dnsNames: readonly string[] }[] = [
  { ip: '192.0.2.1', dnsNames: ['www.example.org'] },
  { ip: '192.0.2.130', dnsNames: ['example.org', 'a.b.example.org'] },
  { ip: '10.200.0.1', dnsNames: [] },
  { ip: '8.8.8.8', dnsNames: ['dns.google'] },
  { ip: '2001:db8::1', dnsNames: ['sub.example.org'] },
];

/** Name of a pod by its place. */
export const podName = (index: number): string => `p${index}`;

function podIp({ family }: State['pods'][number], index: number): string {
  return family === 4 ? `10.0.0.${index + 1}` : `fd00::${index + 1}`;
}

/** All ends there are; the pods first, in their order, then n1, n2 and what is outside. */
export function endsOf({ pods, namespaceLabels, nodeLabels, apiServer }: State): readonly CiliumEnd[] {
  return [
    ...pods.map((each, index): CiliumEnd => ({
      kind: 'pod',
      namespace: each.namespace,
      namespaceLabels: {
        ...namespaceLabels[NAMESPACES.indexOf(each.namespace)],
        'kubernetes.io/metadata.name': each.namespace,
      },
      labels: each.labels,
      serviceAccount: each.serviceAccount,
      namedPorts: each.ports.map(({ name, containerPort, protocol }) => ({ name, port: containerPort, protocol })),
      ips: [podIp(each, index)],
    })),
    { kind: 'host', labels: nodeLabels[0], ips: [nodeIps[0]], apiServer: apiServer === 'n1' },
    { kind: 'remote-node', labels: nodeLabels[1], ips: [nodeIps[1]], apiServer: apiServer === 'n2' },
    ...OUTSIDE.map(({ ip, dnsNames }): CiliumEnd => ({ kind: 'address', ips: [ip], dnsNames })),
    ...(apiServer === 'outside'
      ? [{ kind: 'address' as const, ips: [apiServerOutside], dnsNames: ['api.example.org'], apiServer: true }]
      : []),
  ];
}

/** The same cluster as manifests. */
export function manifestsOf(of: State): readonly unknown[] {
  const { namespaceLabels, nodeLabels, pods, services, groups, apiServer } = of;
  const server = { nowhere: undefined, outside: apiServerOutside, n1: nodeIps[0], n2: nodeIps[1] }[apiServer];
  return [
    ...NAMESPACES.map((name, index) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: namespaceLabels[index] },
    })),
    ...nodeIps.map((address, index) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `n${index + 1}`, labels: nodeLabels[index] },
      status: { addresses: [{ type: 'InternalIP', address }] },
    })),
    ...pods.map((each, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: each.namespace, name: podName(index), labels: each.labels },
      spec: {
        nodeName: 'n1',
        serviceAccountName: each.serviceAccount,
        containers: [{ name: 'main', image: 'none', ports: each.ports }],
      },
      status: { phase: 'Running', podIP: podIp(each, index), podIPs: [{ ip: podIp(each, index) }] },
    })),
    ...services.flatMap((each, index) => serviceManifests(each, `s${index}`)),
    ...groups.map(({ labels, cidrs }, index) => ({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumCIDRGroup',
      metadata: { name: `g${index}`, labels },
      spec: { externalCIDRs: cidrs },
    })),
    ...(server === undefined ? [] : [slice('default', 'kubernetes', [server])]),
  ];
}

function serviceManifests({ namespace, labels, selector, addresses }: State['services'][number], name: string) {
  const own = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, labels },
    spec: { ports: [{ port: 80 }], ...(selector !== undefined && { selector }) },
  };
  return selector === undefined ? [own, slice(namespace, name, addresses)] : [own];
}

function slice(namespace: string, name: string, addresses: readonly string[]): unknown {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: addresses.map((each) => ({ addresses: [each] })),
    ports: [],
  };
}
