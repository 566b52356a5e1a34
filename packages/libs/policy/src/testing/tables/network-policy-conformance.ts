import { modelIp } from './reachability.ts';
import type { Expectation, Probe, ReachabilityCase } from './reachability.ts';

// What the NetworkPolicy tests of Kubernetes ask (kubernetes v1.36 test/e2e/network/netpol/network_policy.go, all of them), in
// our own words: each step of a test is a case. The model has a pod more in places; the expectations cover it too.

const podA = { matchLabels: { pod: 'a' } };
const podB = { matchLabels: { pod: 'b' } };
const nsY = { matchLabels: { ns: 'y' } };
const notX = { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] };
const port = (number: number | string, protocol?: string): object => ({ port: number, ...(protocol && { protocol }) });

const tcp80 = (...expect: Expectation[]): readonly Probe[] => [{ protocol: 'TCP', port: 80, expect }];
const tcp81 = (...expect: Expectation[]): readonly Probe[] => [{ protocol: 'TCP', port: 81, expect }];

/** A policy for x/a with ingress from these peers. */
const toA = (...from: object[]): readonly [string, unknown] => [
  'x',
  { podSelector: podA, policyTypes: ['Ingress'], ingress: [{ from }] },
];
/** A policy for all of x with these ingress rules. */
const toX = (...ingress: object[]): readonly [string, unknown] => [
  'x',
  { podSelector: {}, policyTypes: ['Ingress'], ingress },
];
const fromA = (...egress: object[]): readonly [string, unknown] => [
  'x',
  { podSelector: podA, policyTypes: ['Egress'], egress },
];
const onlyFromY: readonly Expectation[] = ['deny x/* > x/a', 'deny z/* > x/a'];

const peers: readonly ReachabilityCase[] = [
  { name: 'default deny of ingress', policies: [toX()], probes: tcp80('deny * > x/*') },
  {
    name: 'default deny of both directions',
    policies: [['x', { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [], egress: [] }]],
    probes: tcp80('deny * > x/*', 'deny x/* > *'),
  },
  {
    name: 'from a pod of the own namespace by podSelector',
    policies: [toA({ podSelector: podB })],
    probes: tcp80('deny * > x/a', 'allow x/b > x/a'),
  },
  {
    name: 'ingress allowed for one target besides a default deny',
    policies: [toX(), toA({ podSelector: {}, namespaceSelector: {} })],
    probes: tcp80('deny * > x/*', 'allow * > x/a'),
  },
  {
    name: 'from all namespaces by an empty namespaceSelector',
    policies: [toA({ namespaceSelector: { matchLabels: {} } })],
    probes: tcp80(),
  },
  { name: 'from another namespace only', policies: [toA({ namespaceSelector: nsY })], probes: tcp80(...onlyFromY) },
  {
    name: 'podSelector with matchExpressions',
    policies: [toA({ podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values: ['b'] }] } })],
    probes: tcp80('deny * > x/a', 'allow x/b > x/a'),
  },
  {
    name: 'namespaceSelector with matchExpressions',
    policies: [toA({ namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'In', values: ['y'] }] } })],
    probes: tcp80(...onlyFromY),
  },
  {
    name: 'podSelector or namespaceSelector, as two peers',
    policies: [toA({ namespaceSelector: notX }, { podSelector: podB })],
    probes: tcp80('deny x/* > x/a', 'allow x/b > x/a'),
  },
  {
    name: 'podSelector and namespaceSelector, as one peer',
    policies: [toA({ namespaceSelector: notX, podSelector: podB })],
    probes: tcp80('deny * > x/a', 'allow y/b > x/a', 'allow z/b > x/a'),
  },
  {
    name: 'several pods of several namespaces',
    policies: [
      toA({
        namespaceSelector: notX,
        podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values: ['b', 'c'] }] },
      }),
    ],
    probes: tcp80('deny x/* > x/a', 'deny y/a > x/a', 'deny z/a > x/a'),
  },
  {
    name: 'any of several podSelectors',
    policies: [toA({ podSelector: podB }, { podSelector: { matchLabels: { pod: 'c' } } })],
    probes: tcp80('deny * > x/a', 'allow x/b > x/a', 'allow x/c > x/a'),
  },
  {
    name: 'from one pod of another namespace',
    policies: [toA({ namespaceSelector: nsY, podSelector: podA })],
    probes: tcp80('deny * > x/a', 'allow y/a > x/a'),
  },
  {
    name: 'pods of other namespaces are kept out by an empty podSelector',
    policies: [toX({ from: [{ podSelector: {} }] })],
    probes: tcp80('deny y/* > x/*', 'deny z/* > x/*'),
  },
  {
    name: 'the label that every namespace has, by matchLabels',
    policies: [toA({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'y' } } })],
    probes: tcp80(...onlyFromY),
  },
  {
    name: 'the label that every namespace has, by matchExpressions',
    policies: [
      fromA({
        to: [
          {
            namespaceSelector: {
              matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['y'] }],
            },
          },
        ],
      }),
    ],
    probes: tcp80('deny x/a > y/*'),
  },
];

const yOn81: readonly [string, unknown] = [
  'x',
  {
    podSelector: podA,
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ namespaceSelector: nsY }], ports: [port(81, 'TCP')] }],
  },
];
const yOn80: readonly [string, unknown] = [
  'x',
  {
    podSelector: podA,
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ namespaceSelector: nsY }], ports: [port(80, 'TCP')] }],
  },
];

const ports: readonly ReachabilityCase[] = [
  { name: 'one port for one namespace', policies: [yOn81], probes: tcp81(...onlyFromY) },
  {
    name: 'stacked policies, the first alone',
    policies: [yOn81],
    probes: [...tcp81(...onlyFromY), ...tcp80('deny * > x/a')],
  },
  {
    name: 'stacked policies, the second added',
    policies: [yOn81, yOn80],
    probes: [...tcp80(...onlyFromY), ...tcp81(...onlyFromY)],
  },
  { name: 'everything allowed', policies: [toX({})], probes: [...tcp80(), ...tcp81()] },
  {
    name: 'ingress to one named port',
    policies: [toX({ ports: [port('serve-81-tcp')] })],
    probes: [...tcp81(), ...tcp80('deny * > x/*')],
  },
  {
    name: 'ingress from a namespace to one named port',
    policies: [
      [
        'x',
        {
          podSelector: podA,
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ namespaceSelector: nsY }], ports: [port('serve-80-tcp', 'TCP')] }],
        },
      ],
    ],
    probes: [...tcp80(...onlyFromY), ...tcp81('deny * > x/a')],
  },
  {
    name: 'egress to one named port',
    policies: [['x', { podSelector: {}, policyTypes: ['Egress'], egress: [{ ports: [port('serve-80-tcp')] }] }]],
    probes: [...tcp80(), ...tcp81('deny x/* > *')],
  },
  {
    name: 'any port of one protocol',
    policies: [['x', { podSelector: podA, policyTypes: ['Ingress'], ingress: [{ ports: [{ protocol: 'TCP' }] }] }]],
    probes: [...tcp80(), { protocol: 'UDP', port: 80, expect: ['deny * > x/a'] }],
  },
  {
    name: 'several ingress policies, the narrow one alone',
    policies: [toX({ ports: [port(80)] })],
    probes: tcp81('deny * > x/*'),
  },
  {
    name: 'several ingress policies, one of which allows everything',
    policies: [toX({ ports: [port(80)] }), toX({})],
    probes: tcp81(),
  },
  {
    name: 'several egress policies, the narrow one alone',
    policies: [['x', { podSelector: {}, policyTypes: ['Egress'], egress: [{ ports: [port(80)] }] }]],
    probes: tcp81('deny x/* > *'),
  },
  {
    name: 'several egress policies, one of which allows everything',
    policies: [
      ['x', { podSelector: {}, policyTypes: ['Egress'], egress: [{ ports: [port(80)] }] }],
      ['x', { podSelector: {}, policyTypes: ['Egress'], egress: [{}] }],
    ],
    probes: tcp81(),
  },
  {
    name: 'SCTP is not taken for TCP',
    policies: [toX(), ['x', { podSelector: podA, policyTypes: ['Ingress'], ingress: [{ ports: [port(81, 'SCTP')] }] }]],
    probes: tcp81('deny * > x/*'),
  },
  {
    name: 'a policy about SCTP alone isolates for TCP',
    policies: [['x', { podSelector: podA, policyTypes: ['Ingress'], ingress: [{ ports: [port(80, 'SCTP')] }] }]],
    probes: tcp81('deny * > x/a'),
  },
  {
    name: 'a policy about UDP alone does not allow TCP',
    policies: [['x', { podSelector: podA, policyTypes: ['Ingress'], ingress: [{ ports: [port(81, 'UDP')] }] }]],
    probes: tcp81('deny * > x/a'),
  },
];

const denyIsolated: readonly [string, unknown] = [
  'x',
  { podSelector: { matchLabels: { target: 'isolated' } }, policyTypes: ['Ingress'], ingress: [] },
];
const fromUpdatedPod = toA({ podSelector: { matchLabels: { pod: 'b', pod2: 'updated' } } });
const fromUpdatedNamespace = toA({ namespaceSelector: { matchLabels: { ns2: 'updated' } } });

const changes: readonly ReachabilityCase[] = [
  { name: 'a policy before its update', policies: [toX({})], probes: tcp81() },
  { name: 'a policy after its update', policies: [toX()], probes: tcp81('deny * > x/*') },
  { name: 'a namespace before it is labelled', policies: [fromUpdatedNamespace], probes: tcp80('deny * > x/a') },
  {
    name: 'a namespace after it is labelled',
    policies: [fromUpdatedNamespace],
    namespaceLabels: { y: { ns2: 'updated' } },
    probes: tcp80('deny * > x/a', 'allow y/* > *'),
  },
  { name: 'a client before it is labelled', policies: [fromUpdatedPod], probes: tcp80('deny * > x/a') },
  {
    name: 'a client after it is labelled',
    policies: [fromUpdatedPod],
    podLabels: { 'x/b': { pod2: 'updated' } },
    probes: tcp80('deny * > x/a', 'allow x/b > x/a'),
  },
  { name: 'a target before it is labelled', policies: [denyIsolated], probes: tcp80() },
  {
    name: 'a target after it is labelled',
    policies: [denyIsolated],
    podLabels: { 'x/a': { target: 'isolated' } },
    probes: tcp80('deny * > x/a'),
  },
  {
    name: 'policies before they are deleted',
    policies: [['x', { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [], egress: [] }]],
    probes: tcp80('deny x/* > *', 'deny * > x/*'),
  },
  { name: 'policies after they are deleted', policies: [], probes: tcp80() },
];

const fromXa = [{ namespaceSelector: { matchLabels: { ns: 'x' } }, podSelector: podA }];
const toYa = fromA({ to: [{ namespaceSelector: nsY, podSelector: podA }] });

const egress: readonly ReachabilityCase[] = [
  { name: 'no egress of one pod', policies: [fromA()], probes: tcp80('deny x/a > *') },
  {
    name: 'no egress of a namespace',
    policies: [['x', { podSelector: {}, policyTypes: ['Egress'], egress: [] }]],
    probes: tcp80('deny x/* > *'),
  },
  {
    name: 'ingress and egress in one policy',
    policies: [
      [
        'x',
        {
          podSelector: podA,
          policyTypes: ['Egress', 'Ingress'],
          ingress: [{ from: [{ podSelector: podB }] }],
          egress: [{ ports: [port(80)] }],
        },
      ],
    ],
    probes: [...tcp80('deny * > x/a', 'allow x/b > x/a'), ...tcp81('deny * > x/a', 'deny x/a > *', 'allow x/b > x/a')],
  },
  {
    name: 'egress is denied at the client even where the server allows it',
    policies: [
      toYa,
      ['y', { podSelector: podA, policyTypes: ['Ingress'], ingress: [{ from: fromXa }] }],
      ['y', { podSelector: podB, policyTypes: ['Ingress'], ingress: [{ from: fromXa }] }],
    ],
    probes: tcp80('deny x/a > *', 'deny * > y/a', 'allow x/a > y/a', 'deny * > y/b'),
  },
  {
    name: 'egress to one pod of another namespace',
    policies: [toYa],
    probes: tcp80('deny x/a > *', 'allow x/a > y/a'),
  },
  {
    name: 'ingress and egress apart, only egress',
    policies: [fromA({})],
    probes: tcp80(),
  },
  {
    name: 'ingress and egress apart, ingress denied too',
    policies: [fromA({}), ['x', { podSelector: podA, policyTypes: ['Ingress'], ingress: [] }]],
    probes: tcp80('deny * > x/a'),
  },
];

const because = 'an ipBlock is a CIDR rule, which never matches endpoints that Cilium manages';
const blockOf = (cidr: string, except?: readonly string[]): object => ({
  to: [{ ipBlock: { cidr, ...(except && { except }) } }],
});
const around = '192.0.0.0/4';
const xb = `${modelIp('x/b')}/32`;

const blocks: readonly ReachabilityCase[] = [
  {
    name: 'egress to the block of one pod',
    policies: [fromA(blockOf(`${modelIp('y/b')}/32`))],
    probes: [
      {
        protocol: 'TCP',
        port: 80,
        expect: ['deny x/a > *', 'allow x/a > y/b'],
        onCilium: { expect: ['deny x/a > *'], because },
      },
    ],
  },
  {
    name: 'an address excepted from a block',
    policies: [fromA(blockOf(around, [xb]))],
    probes: [
      { protocol: 'TCP', port: 80, expect: ['deny x/a > x/b'], onCilium: { expect: ['deny x/a > *'], because } },
    ],
  },
  {
    name: 'an address excepted from one block and allowed by another policy',
    policies: [fromA(blockOf(around, [xb])), fromA(blockOf(xb))],
    probes: [{ protocol: 'TCP', port: 80, expect: [], onCilium: { expect: ['deny x/a > *'], because } }],
  },
  {
    name: 'a block replaced by the one that it excepted',
    policies: [fromA(blockOf(xb))],
    probes: [
      {
        protocol: 'TCP',
        port: 80,
        expect: ['deny x/a > *', 'allow x/a > x/b'],
        onCilium: { expect: ['deny x/a > *'], because },
      },
    ],
  },
];

/** The tests that are repeated for UDP and for SCTP. */
function ofProtocol(protocol: 'UDP' | 'SCTP'): readonly ReachabilityCase[] {
  const ask = (number: number, ...expect: Expectation[]): readonly Probe[] => [{ protocol, port: number, expect }];
  return [
    { name: `${protocol}: default deny of ingress`, policies: [toX()], probes: ask(80, 'deny * > x/*') },
    {
      name: `${protocol}: one port for one namespace`,
      policies: [
        [
          'x',
          {
            podSelector: podA,
            policyTypes: ['Ingress'],
            ingress: [{ from: [{ namespaceSelector: nsY }], ports: [port(81, protocol)] }],
          },
        ],
      ],
      probes: ask(81, ...onlyFromY),
    },
    {
      name: `${protocol}: from one pod of another namespace`,
      policies: [toA({ namespaceSelector: nsY, podSelector: podA })],
      probes: ask(80, 'deny * > x/a', 'allow y/a > x/a'),
    },
  ];
}

/** All cases, by what they are about. */
export const networkPolicyConformance: readonly ReachabilityCase[] = [
  ...peers,
  ...ports,
  ...changes,
  ...egress,
  ...blocks,
  ...ofProtocol('UDP'),
  ...ofProtocol('SCTP'),
];
