import { MODEL_PODS, modelIp } from './reachability.ts';
import type { ModelPod } from './reachability.ts';

// The dimensions that the Cyclonus generator multiplies (mattfenwick/cyclonus, pkg/generator): targets, peers and ports of a
// rule in either direction. For each value the table says what it matches, written down from the API's definition; what a
// combination allows follows from that. Outside of the cluster stands one address.

/** An end of the table: a pod of the model, or the address outside. */
export type End = ModelPod | 'outside';
/** The address outside of the cluster. */
export const OUTSIDE_IP = '8.8.8.8';
/** All ends. */
export const ENDS: readonly End[] = [...MODEL_PODS, 'outside'];

/** `80/TCP` and so on: what the pods of the model serve, and one port that they don't. */
export const POINTS = ['80/TCP', '81/TCP', '80/UDP', '81/UDP', '80/SCTP', '81/SCTP', '82/TCP'] as const;
/** One of them. */
export type Point = (typeof POINTS)[number];

interface Dimension<T> {
  readonly name: string;
  readonly spec: unknown;
  readonly matches: readonly T[];
  /** On Cilium, where it differs: blocks don't match pods. */
  readonly onCilium?: readonly T[];
}

const inNamespaces = (...names: readonly string[]): ModelPod[] =>
  MODEL_PODS.filter((pod) => names.some((name) => pod.startsWith(`${name}/`)));
const named = (...names: readonly string[]): ModelPod[] =>
  MODEL_PODS.filter((pod) => names.some((name) => pod.endsWith(`/${name}`)));
const both = (some: readonly ModelPod[], others: readonly ModelPod[]): ModelPod[] =>
  some.filter((pod) => others.includes(pod));

const expression = (key: string, operator: string, ...values: readonly string[]): object => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 && { values }) }],
});
const podIn = (...values: readonly string[]): object => expression('pod', 'In', ...values);
const block = (cidr: string, ...except: readonly string[]): object => ({
  ipBlock: { cidr, ...(except.length > 0 && { except }) },
});
const host = (pod: ModelPod): string => `${modelIp(pod)}/32`;

/** Whom a policy in x is about. */
export const TARGETS: readonly Dimension<ModelPod>[] = [
  { name: 'the whole namespace', spec: {}, matches: inNamespaces('x') },
  { name: 'one pod by its label', spec: { matchLabels: { pod: 'a' } }, matches: ['x/a'] },
  { name: 'two pods by an expression', spec: podIn('a', 'b'), matches: ['x/a', 'x/b'] },
  { name: 'all but one', spec: expression('pod', 'NotIn', 'a'), matches: ['x/b', 'x/c'] },
  { name: 'pods without a label', spec: expression('gone', 'DoesNotExist'), matches: inNamespaces('x') },
  { name: 'nobody', spec: expression('gone', 'Exists'), matches: [] },
];

/** Peers of a rule; of several any counts, and an empty list is everybody. */
export const PEERS: readonly Dimension<End>[] = [
  { name: 'an empty list', spec: [], matches: ENDS },
  { name: 'no list', spec: undefined, matches: ENDS },
  { name: 'all pods of the namespace', spec: [{ podSelector: {} }], matches: inNamespaces('x') },
  { name: 'all pods of all namespaces', spec: [{ podSelector: {}, namespaceSelector: {} }], matches: MODEL_PODS },
  { name: 'all namespaces', spec: [{ namespaceSelector: {} }], matches: MODEL_PODS },
  { name: 'a pod by its label', spec: [{ podSelector: { matchLabels: { pod: 'b' } } }], matches: ['x/b'] },
  {
    name: 'pods by an expression, in all namespaces',
    spec: [{ podSelector: podIn('b', 'c'), namespaceSelector: {} }],
    matches: named('b', 'c'),
  },
  {
    name: 'a namespace by its label',
    spec: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }],
    matches: inNamespaces('y'),
  },
  {
    name: 'all namespaces but one',
    spec: [{ namespaceSelector: expression('ns', 'NotIn', 'x') }],
    matches: inNamespaces('y', 'z'),
  },
  {
    name: 'namespaces that have no label',
    spec: [{ namespaceSelector: expression('gone', 'NotIn', 'x') }],
    matches: MODEL_PODS,
  },
  {
    name: 'pods of a namespace, both selectors',
    spec: [{ podSelector: podIn('a', 'c'), namespaceSelector: expression('ns', 'In', 'y', 'z') }],
    matches: both(named('a', 'c'), inNamespaces('y', 'z')),
  },
  {
    name: 'two peers',
    spec: [{ podSelector: podIn('a') }, { namespaceSelector: { matchLabels: { ns: 'z' } } }],
    matches: ['x/a', ...inNamespaces('z')],
  },
  { name: 'every IPv4 address', spec: [block('0.0.0.0/0')], matches: ENDS, onCilium: ['outside'] },
  { name: 'every IPv6 address', spec: [block('::/0')], matches: [] },
  { name: 'the block of the pods', spec: [block('192.168.1.0/24')], matches: MODEL_PODS, onCilium: [] },
  { name: 'the block of one pod', spec: [block(host('z/c'))], matches: ['z/c'], onCilium: [] },
  {
    name: 'a block without some',
    spec: [block('192.168.1.0/24', '192.168.1.4/30', host('z/c'))],
    // 192.168.1.4 to .7: y/a, y/b, y/c and z/a.
    matches: ['x/a', 'x/b', 'x/c', 'z/b'],
    onCilium: [],
  },
  {
    name: 'a block without one, and that one by its own',
    spec: [block('0.0.0.0/0', host('y/b')), block(host('y/b'))],
    matches: ENDS,
    onCilium: ['outside'],
  },
  { name: 'a block elsewhere', spec: [block('8.8.8.0/24')], matches: ['outside'] },
  {
    name: 'a pod or a block',
    spec: [{ podSelector: podIn('b') }, block('8.8.8.0/24')],
    matches: ['x/b', 'outside'],
  },
];

/** Ports of a rule; names are resolved on the destination, which has none outside of the cluster. */
export const PORTS: readonly (Dimension<Point> & { readonly byName?: true })[] = [
  { name: 'an empty list', spec: [], matches: POINTS },
  { name: 'no list', spec: undefined, matches: POINTS },
  { name: 'a number without protocol', spec: [{ port: 80 }], matches: ['80/TCP'] },
  { name: 'a number of UDP', spec: [{ port: 81, protocol: 'UDP' }], matches: ['81/UDP'] },
  { name: 'a number of SCTP', spec: [{ port: 80, protocol: 'SCTP' }], matches: ['80/SCTP'] },
  { name: 'a protocol', spec: [{ protocol: 'UDP' }], matches: ['80/UDP', '81/UDP'] },
  { name: 'neither port nor protocol', spec: [{}], matches: ['80/TCP', '81/TCP', '82/TCP'] },
  { name: 'a name', spec: [{ port: 'serve-80-tcp' }], matches: ['80/TCP'], byName: true },
  { name: 'a name of UDP', spec: [{ port: 'serve-81-udp', protocol: 'UDP' }], matches: ['81/UDP'], byName: true },
  { name: 'a name of another protocol', spec: [{ port: 'serve-81-udp' }], matches: [], byName: true },
  { name: 'a name that no pod has', spec: [{ port: 'gone' }], matches: [], byName: true },
  { name: 'a range', spec: [{ port: 79, endPort: 81 }], matches: ['80/TCP', '81/TCP'] },
  { name: 'a range of one', spec: [{ port: 81, endPort: 81, protocol: 'SCTP' }], matches: ['81/SCTP'] },
  {
    name: 'several',
    spec: [{ port: 81 }, { port: 80, protocol: 'UDP' }, { port: 82, endPort: 90 }],
    matches: ['81/TCP', '80/UDP', '82/TCP'],
  },
];
