import fc from 'fast-check';
import { NAMESPACES, compact, maybe } from '../src/testing/arbitrary-world.ts';
import { PORT_PROTOCOLS, STATE_BLOCKS } from './cilium-state.ts';

// Random Cilium policies with (nearly) everything the API has; some of them are such as the agent refuses.

const KEYS = [
  'app',
  'k8s:app',
  'any:tier',
  'tier',
  'pod-template-hash',
  'k8s:app.kubernetes.io/name',
  'io.kubernetes.pod.namespace',
  'k8s:io.kubernetes.pod.namespace',
  'k8s:io.cilium.k8s.namespace.labels.app',
  'io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name',
  'io.cilium.k8s.policy.serviceaccount',
  'k8s:io.cilium.k8s.policy.cluster',
  'reserved:host',
  'reserved:remote-node',
  'reserved:world-ipv4',
  'reserved:kube-apiserver',
  'container:app',
] as const;
const VALUES = ['a', 'b', '', 'x', 'shop', 'default', 'east'] as const;

const key = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('app', 'k8s:app', 'tier') },
  { weight: 2, arbitrary: fc.constantFrom(...KEYS) },
);

function valuesFor(of: string): fc.Arbitrary<string> {
  if (of.endsWith('namespace') || of.endsWith('metadata.name')) return fc.constantFrom(...NAMESPACES);
  if (of.startsWith('reserved:')) return fc.constant('');
  return fc.constantFrom(...VALUES);
}

const label = key.chain((of) => valuesFor(of).map((value): [string, string] => [of, value]));
const expression = key.chain((of) =>
  fc.oneof(
    fc.record({
      key: fc.constant(of),
      operator: fc.constantFrom('In', 'NotIn'),
      values: fc.uniqueArray(valuesFor(of), { minLength: 1, maxLength: 2 }),
    }),
    fc.record({ key: fc.constant(of), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
  ),
);

// Keys that are one once their source is filled in are left out: which of their values holds is chance.
const selector = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 4,
    arbitrary: fc
      .uniqueArray(label, { minLength: 1, maxLength: 2, selector: ([of]) => of.replace(/^any:/, '') })
      .map((all) => ({ matchLabels: Object.fromEntries(all) })),
  },
  {
    weight: 2,
    arbitrary: fc.array(expression, { minLength: 1, maxLength: 2 }).map((all) => ({ matchExpressions: all })),
  },
);

const cidr = fc.constantFrom(...STATE_BLOCKS);
const groupSelector = fc.oneof(
  fc.constant({}),
  fc.dictionary(fc.constantFrom('env', 'team'), fc.constantFrom('a', 'b', ''), { minKeys: 1 }).map((all) => ({
    matchLabels: all,
  })),
  fc
    .record({ key: fc.constantFrom('env', 'team'), operator: fc.constantFrom('Exists', 'DoesNotExist') })
    .map((one) => ({ matchExpressions: [one] })),
  fc
    .record({ key: fc.constantFrom('env', 'team'), values: fc.constant(['a']) })
    .map((one) => ({ matchExpressions: [{ ...one, operator: 'NotIn' }] })),
);
// Exceptions of a whole family are left out: see docs/policy-semantics.md.
const except = maybe(
  fc.uniqueArray(
    cidr.filter((each) => !each.endsWith('/0')),
    { minLength: 1, maxLength: 2 },
  ),
);
const cidrRule = fc.oneof(
  { weight: 3, arbitrary: fc.record({ cidr, except: fc.constant(undefined) }).map((each) => compact(each)) },
  { weight: 2, arbitrary: fc.record({ cidr, except }).map((each) => compact(each)) },
  {
    weight: 2,
    arbitrary: fc.record({ cidrGroupRef: fc.constantFrom('g0', 'g1', 'gone'), except }).map((each) => compact(each)),
  },
  { weight: 2, arbitrary: fc.record({ cidrGroupSelector: groupSelector, except }).map((each) => compact(each)) },
);

const nodeSelector = fc.oneof(
  fc.constant({}),
  fc
    .dictionary(fc.constantFrom('app', 'node:tier', 'k8s:app'), fc.constantFrom('a', 'b'), { minKeys: 1 })
    .map((all) => ({
      matchLabels: all,
    })),
);

const entities = [
  'all',
  'world',
  'world-ipv4',
  'world-ipv6',
  'cluster',
  'cluster-mesh',
  'host',
  'remote-node',
  'kube-apiserver',
  'ingress',
  'none',
] as const;

/** Names and patterns that observed names meet or miss. */
export const DNS_PATTERNS = [
  '*',
  '*.example.org',
  '**.example.org',
  '*example.org',
  '*.b.example.org',
  'www.*.org',
  'dns.google.',
  'WWW.example.org',
] as const;
const fqdn = fc.oneof(
  fc
    .constantFrom('example.org', 'www.example.org', 'DNS.google', 'a.b.example.org.')
    .map((matchName) => ({ matchName })),
  fc.constantFrom(...DNS_PATTERNS).map((matchPattern) => ({ matchPattern })),
);

const services = fc.oneof(
  fc
    .record({ serviceName: fc.constantFrom('s0', 's1', 'gone'), namespace: maybe(fc.constantFrom(...NAMESPACES)) })
    .map((k8sService) => ({ k8sService: compact(k8sService) })),
  fc
    .record({
      selector: fc.constantFrom({}, { matchLabels: { app: 'a' } }),
      namespace: maybe(fc.constantFrom(...NAMESPACES)),
    })
    .map((k8sServiceSelector) => ({ k8sServiceSelector: compact(k8sServiceSelector) })),
);

const port = fc
  .record({
    port: fc.constantFrom('53', '80', '80', '81', '443', 'web', 'DNS', '0', '0100', 'no--name', '70000'),
    endPort: fc.constantFrom(undefined, undefined, undefined, 82, 60, 65_535),
    protocol: maybe(fc.constantFrom(...PORT_PROTOCOLS, 'ANY', 'tcp', 'VRRP')),
  })
  // A range behind a name, which no other implementation of the API has, is left out: see docs/policy-semantics.md.
  .map(({ port: of, endPort, protocol }) =>
    compact({ port: of, endPort: /^\d+$/.test(of) ? endPort : undefined, protocol }),
  );
const judgedPort = fc.constantFrom(
  { port: '80', protocol: 'TCP' },
  { port: '81', protocol: 'TCP' },
  { port: '443', protocol: 'TCP' },
);
const portRule = fc.oneof(
  { weight: 6, arbitrary: maybe(fc.array(port, { maxLength: 2 })).map((ports) => compact({ ports })) },
  {
    weight: 1,
    arbitrary: fc.record({
      ports: fc.array(judgedPort, { minLength: 1, maxLength: 1 }),
      rules: fc.constantFrom({ http: [{ method: 'GET', path: '/a.*' }] }, { http: [{}] }, { http: [] }, {}),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant({
      ports: [{ port: '53', protocol: 'ANY' }],
      rules: { dns: [{ matchPattern: '*.example.org' }] },
    }),
  },
  { weight: 1, arbitrary: fc.constant({ ports: [{ port: '443', protocol: 'TCP' }], serverNames: ['*.example.org'] }) },
);
const denyPortRule = maybe(fc.array(port, { maxLength: 2 })).map((ports) => compact({ ports }));

const icmps = fc.array(
  fc.record({
    fields: fc.array(
      fc
        .record({
          family: maybe(fc.constantFrom('IPv4', 'IPv6')),
          type: fc.constantFrom<(number | string)[]>(0, 8, 128, '8', 'EchoRequest'),
        })
        .map((each) => compact(each)),
      { maxLength: 2 },
    ),
  }),
  { maxLength: 1 },
);

function peers(direction: 'from' | 'to', deny: boolean): fc.Arbitrary<object> {
  const field = (name: string, of: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
    fc.array(of, { maxLength: 2 }).map((list) => ({ [direction + name]: list }));
  const common = [
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 6, arbitrary: field('Endpoints', selector) },
    { weight: 3, arbitrary: field('Entities', fc.constantFrom(...entities)) },
    { weight: 2, arbitrary: field('CIDR', cidr) },
    { weight: 3, arbitrary: field('CIDRSet', cidrRule) },
    { weight: 1, arbitrary: field('Nodes', nodeSelector) },
    {
      weight: 1,
      arbitrary: fc.constant({ [`${direction}Entities`]: ['world'], [`${direction}CIDR`]: ['192.0.2.0/24'] }),
    },
  ];
  if (direction === 'from') return fc.oneof(...common);
  const more = [{ weight: 2, arbitrary: field('Services', services) }];
  return fc.oneof(...common, ...more, ...(deny ? [] : [{ weight: 2, arbitrary: field('FQDNs', fqdn) }]));
}

function items(direction: 'from' | 'to', deny: boolean): fc.Arbitrary<readonly object[] | undefined> {
  const ports = fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    {
      weight: 4,
      arbitrary: fc.array(deny ? denyPortRule : portRule, { maxLength: 2 }).map((toPorts) => ({ toPorts })),
    },
    { weight: 1, arbitrary: icmps.map((all) => ({ icmps: all })) },
  );
  const item = fc.tuple(peers(direction, deny), ports).map(([a, b]) => ({ ...a, ...b }));
  return fc.option(fc.array(item, { maxLength: 2 }), { nil: undefined, freq: deny ? 1 : 3 });
}

const body = fc.record({
  enableDefaultDeny: maybe(
    fc.record({ ingress: maybe(fc.boolean()), egress: maybe(fc.boolean()) }).map((each) => compact(each)),
  ),
  ingress: items('from', false),
  ingressDeny: items('from', true),
  egress: items('to', false),
  egressDeny: items('to', true),
});

const namespaced = fc
  .record({
    namespace: fc.constantFrom(...NAMESPACES),
    endpointSelector: selector,
    bodies: fc.array(body, { minLength: 1, maxLength: 2 }),
  })
  .map(({ namespace, endpointSelector, bodies }) => ({
    namespace,
    bodies: bodies.map((each) => ({ endpointSelector, ...each })),
  }));
const clusterwide = fc
  .record({
    subject: fc.oneof(
      { weight: 3, arbitrary: selector.map((endpointSelector) => ({ endpointSelector })) },
      { weight: 1, arbitrary: nodeSelector.map((of) => ({ nodeSelector: of })) },
    ),
    bodies: fc.array(body, { minLength: 1, maxLength: 2 }),
  })
  .map(({ subject, bodies }) => ({ namespace: undefined, bodies: bodies.map((each) => ({ ...subject, ...each })) }));

/** Policies of both kinds, with one body in `spec` or two in `specs`, named by their place. */
export const ciliumObjects = fc
  .array(fc.oneof({ weight: 3, arbitrary: namespaced }, { weight: 1, arbitrary: clusterwide }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((drafts) =>
    drafts.map(({ namespace, bodies }, index) => ({
      apiVersion: 'cilium.io/v2',
      kind: namespace === undefined ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy',
      metadata: { name: `cilium-${index}`, ...(namespace !== undefined && { namespace }) },
      ...(bodies.length === 1 ? { spec: compact(bodies[0] ?? {}) } : { specs: bodies.map((each) => compact(each)) }),
    })),
  );
