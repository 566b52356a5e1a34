import fc from 'fast-check';
import { ipOf } from './reference/world.ts';
import type { RawEnd, RawPod, RawSelector, RawTraffic, RawWorld } from './reference/world.ts';

// Random small clusters. The vocabulary is tiny on purpose: so selectors, blocks and ports hit, miss and overlap all the time.

export const NAMESPACES = ['x', 'y', 'z'] as const;
const KEYS = ['app', 'tier', 'example.org/team'] as const;
const VALUES = ['a', 'b', ''] as const;
export const NODES = ['n1', 'n2'] as const;
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
export const PORT_NAMES = ['web', 'dns', 'gone'] as const;
const PORT_NUMBERS = [53, 80, 81, 8080, 65_535] as const;

/** Blocks by family; some hold pods, some one node, some nothing of the cluster. */
export const BLOCKS = {
  4: [
    '0.0.0.0/0',
    '10.0.0.0/8',
    '10.0.0.0/30',
    '10.0.0.4/30',
    '10.0.0.5/32',
    '10.9.0.0/16',
    '192.0.2.0/24',
    '192.0.2.0/25',
  ],
  6: ['::/0', 'fd00::/8', 'fd00::/126', 'fd00::4/126', 'fd00::5/128', '2001:db8::/32', '2001:db8::/33'],
} as const;

/** Addresses outside of the cluster, one of them between those of pods. */
const OUTSIDE = ['192.0.2.1', '192.0.2.200', '10.0.0.250', '8.8.8.8', '2001:db8::1', 'fd00::fa'] as const;

const labels: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.constantFrom(...KEYS),
  fc.constantFrom(...VALUES),
  {
    maxKeys: 3,
  },
);

/** A value, or nothing at all where the field stands. */
export function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 2 });
}

/** Leaves out fields that are undefined, as manifests do. */
export function compact<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // The JSON form of an object has no undefined fields.
  return JSON.parse(JSON.stringify(value));
}

const expression = fc.oneof(
  fc.record({
    key: fc.constantFrom(...KEYS, 'never'),
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ key: fc.constantFrom(...KEYS, 'never'), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
);

/** Selectors of all operators; most select something. */
export const selector: fc.Arbitrary<RawSelector> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: labels.map((matchLabels) => ({ matchLabels })) },
  { weight: 2, arbitrary: fc.array(expression, { maxLength: 2 }).map((matchExpressions) => ({ matchExpressions })) },
  {
    weight: 1,
    arbitrary: fc.record({
      matchLabels: labels,
      matchExpressions: fc.array(expression, { minLength: 1, maxLength: 1 }),
    }),
  },
);

/** Selectors of namespaces, by their own labels or the one with their name. */
export const namespaceSelector: fc.Arbitrary<RawSelector> = fc.oneof(
  { weight: 3, arbitrary: selector },
  {
    weight: 2,
    arbitrary: fc.record({
      matchExpressions: fc
        .record({
          key: fc.constant('kubernetes.io/metadata.name'),
          operator: fc.constantFrom('In', 'NotIn'),
          values: fc.uniqueArray(fc.constantFrom(...NAMESPACES), { minLength: 1, maxLength: 2 }),
        })
        .map((each) => [each]),
    }),
  },
);

const containerPort = fc
  .record({
    name: maybe(fc.constantFrom('web', 'dns')),
    containerPort: fc.constantFrom(...PORT_NUMBERS),
    protocol: maybe(fc.constantFrom(...PROTOCOLS)),
  })
  .map((port) => compact(port));

const podDraft = fc.record({
  namespace: fc.constantFrom('x', ...NAMESPACES),
  labels,
  families: fc.constantFrom<(4 | 6)[][]>([4], [4], [6], [4, 6]),
  node: fc.constantFrom(...NODES),
  hostNetwork: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  ports: fc.array(containerPort, { maxLength: 3 }),
});

/** A cluster of two nodes, three namespaces and a handful of pods with an address of either family. */
export const world: fc.Arbitrary<RawWorld> = fc
  .record({
    namespaceLabels: fc.array(labels, { minLength: NAMESPACES.length, maxLength: NAMESPACES.length }),
    nodeLabels: fc.array(labels, { minLength: NODES.length, maxLength: NODES.length }),
    drafts: fc.array(podDraft, { minLength: 1, maxLength: 5 }),
  })
  .map(({ namespaceLabels, nodeLabels, drafts }) => {
    const nodes = NODES.map((name, index) => ({ name, labels: nodeLabels[index] ?? {}, ip: `10.9.0.${index + 1}` }));
    const pods = drafts.map(({ families, ...draft }, index): RawPod => {
      const own = families.map((family) => (family === 4 ? `10.0.0.${index + 1}` : `fd00::${index + 1}`));
      const ofNode = nodes.find(({ name }) => name === draft.node)?.ip ?? '';
      // A name stands once for a protocol in a pod; the API server refuses the second.
      const seen = new Set<string>();
      const ports = draft.ports.filter(({ name, protocol }) => {
        const key = `${name} ${protocol === undefined ? 'TCP' : protocol}`;
        if (name !== undefined && seen.has(key)) return false;
        seen.add(key);
        return true;
      });
      return { ...draft, ports, name: `p${index}`, ips: draft.hostNetwork ? [ofNode] : own };
    });
    return {
      nodes,
      pods,
      namespaces: NAMESPACES.map((name, index) => ({ name, labels: namespaceLabels[index] ?? {} })),
    };
  });

/** Every connection between all ends there are, on ports at and beside the edges of what policies name. */
export function allTraffic({ pods, nodes }: RawWorld): readonly RawTraffic[] {
  const inside = [
    ...pods.flatMap((pod) => pod.ips.map((ip) => ({ kind: 'pod' as const, pod, ip }))),
    ...nodes.map((node) => ({ kind: 'node' as const, node })),
  ];
  const outside = OUTSIDE.map((ip) => ({ kind: 'outside' as const, ip }));
  const pairs = [
    ...inside.flatMap((source) => [...inside, ...outside].map((destination) => ({ source, destination }))),
    ...outside.flatMap((source) => inside.map((destination) => ({ source, destination }))),
  ];
  // A connection has one family: of a pod with both that of the address it is made to or from.
  const possible = pairs.filter(
    ({ source, destination }) =>
      (!isDual(source) && !isDual(destination)) || ipOf(source).includes(':') === ipOf(destination).includes(':'),
  );
  return possible.flatMap((pair) => POINTS.map((point) => ({ ...pair, ...point })));
}

/** Whether the end is a pod with an address of each family. */
export function isDual(end: RawEnd): boolean {
  return end.kind === 'pod' && end.pod.ips.length > 1;
}

const POINTS = [
  { protocol: 'TCP', port: 80 },
  { protocol: 'TCP', port: 81 },
  { protocol: 'TCP', port: 82 },
  { protocol: 'TCP', port: 8080 },
  { protocol: 'UDP', port: 53 },
  { protocol: 'UDP', port: 80 },
  { protocol: 'SCTP', port: 80 },
  { protocol: 'TCP', port: 65_535 },
  { protocol: 'ICMP', port: 8 },
  { protocol: 'ICMPv6', port: 8 },
] as const;

/** The objects of a world as manifests. */
export function worldObjects({ namespaces, nodes, pods }: RawWorld): readonly unknown[] {
  return [
    ...namespaces.map(({ name, labels: own }) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: own },
    })),
    ...nodes.map(({ name, labels: own, ip }) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: own },
      status: { addresses: [{ type: 'InternalIP', address: ip }] },
    })),
    ...pods.map(({ namespace, name, labels: own, ips, node, hostNetwork, ports }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name, labels: own },
      spec: { nodeName: node, hostNetwork, containers: [{ name: 'main', image: 'none', ports }] },
      status: { phase: 'Running', podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) },
    })),
  ];
}
