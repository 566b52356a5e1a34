import type { Endpoint, L4Edge } from '@kestrel/proto/events';
import fc from 'fast-check';
import type { Cluster, Namespace, Pod } from '../../model/cluster.ts';
import type { Policy } from '../../model/policy.ts';

/** A small cluster with traffic that was recorded in it. */
export interface Scene {
  readonly cluster: Cluster;
  readonly l4: readonly L4Edge[];
}

const namespaceNames = ['a', 'b'] as const;
const day = 24 * 60 * 60 * 1000;
const start = Date.UTC(2026, 9, 1);

interface WorkloadDraft {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly named: boolean;
  readonly hostNetwork: boolean;
  readonly varying: boolean;
}

/** Few values for everything, so that labels collide, workloads overlap and connections repeat. */
const workloadDraft: fc.Arbitrary<WorkloadDraft> = fc.record({
  namespace: fc.constantFrom(...namespaceNames),
  labels: fc.record(
    {
      app: fc.constantFrom('x', 'y', 'z'),
      tier: fc.constantFrom('1', '2'),
      'k8s-app': fc.constantFrom('kube-dns', 'q'),
    },
    { requiredKeys: [] },
  ),
  replicas: fc.integer({ min: 1, max: 2 }),
  named: fc.boolean(),
  hostNetwork: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  varying: fc.boolean(),
});

function podsOf(draft: WorkloadDraft, index: number): readonly Pod[] {
  const { namespace, labels, replicas, named, hostNetwork, varying } = draft;
  return Array.from({ length: replicas }, (_, replica): Pod => {
    const node = (index + replica) % 2;
    return {
      namespace,
      name: `w${index}-${replica}`,
      labels: new Map([
        ...Object.entries(labels),
        ['pod-template-hash', `h${index}`],
        ...(varying ? [['shard', String(replica)] as const] : []),
      ]),
      annotations: new Map(),
      ips: [hostNetwork ? `192.168.0.${node + 1}` : `10.0.${index}.${replica + 1}`],
      node: `n${node}`,
      hostNetwork,
      serviceAccount: 'default',
      namedPorts: named ? [{ name: 'web', port: 80, protocol: 'TCP' }] : [],
      workload: { kind: 'Deployment', namespace, name: `w${index}` },
      template: false,
      meshDataPlane: 'none',
    };
  });
}

const peerBody = fc.oneof(
  fc.constant({ podSelector: {} }),
  fc.constant({ namespaceSelector: {} }),
  fc.constantFrom('x', 'y').map((app) => ({ podSelector: { matchLabels: { app } } })),
  fc.constant({ ipBlock: { cidr: '198.51.100.0/24' } }),
);
const portsBody = fc.constantFrom<readonly object[] | undefined>(
  undefined,
  [{ port: 80 }],
  [{ port: 53, protocol: 'UDP' }],
);

const ruleBody = (side: 'from' | 'to') =>
  fc.record({ peers: fc.array(peerBody, { maxLength: 2 }), ports: portsBody }).map(({ peers, ports }) => ({
    ...(peers.length === 0 ? {} : { [side]: peers }),
    ...(ports === undefined ? {} : { ports }),
  }));

const policyDraft = fc.record({
  namespace: fc.constantFrom(...namespaceNames),
  podSelector: fc.constantFrom<object>({}, { matchLabels: { app: 'x' } }, { matchLabels: { tier: '1' } }),
  policyTypes: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  ingress: fc.array(ruleBody('from'), { maxLength: 2 }),
  egress: fc.array(ruleBody('to'), { maxLength: 2 }),
});

function policyOf({ namespace, ...body }: { readonly namespace: string }, index: number): Policy {
  return {
    ref: { kind: 'NetworkPolicy', namespace, name: `p${index}` },
    apiVersion: 'networking.k8s.io/v1',
    labels: new Map(),
    annotations: new Map(),
    specs: [{ path: 'spec', body }],
    source: 'random',
  };
}
type TypeOfArbitrary<A> = A extends fc.Arbitrary<infer T> ? T : never;

const edgeDraft = fc.record({
  source: fc.nat(),
  destination: fc.nat(),
  protocol: fc.constantFrom(1, 2),
  port: fc.constantFrom(80, 443, 53),
  at: fc.constantFrom(1, 2),
  allowedDay: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined, freq: 5 }),
  deniedDay: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined, freq: 2 }),
});

function endpointOf(pod: Pod): Endpoint {
  const { kind, namespace, name } = pod.workload;
  // Data planes know a pod on its node's network by its node only.
  if (pod.hostNetwork) return { ...bare, peerClass: 3, ip: pod.ips[0] ?? '' };
  return {
    ...bare,
    peerClass: 1,
    workload: { group: 'apps', kind, namespace, name },
    labels: Object.fromEntries(pod.labels),
    ip: pod.ips[0] ?? '',
  };
}

const bare: Endpoint = {
  peerClass: 0,
  workload: undefined,
  labels: {},
  ip: '',
  dnsNames: [],
  service: '',
  principal: '',
  identity: 0,
};
const world: readonly Endpoint[] = ['198.51.100.7', '203.0.113.9'].map((ip) => ({ ...bare, peerClass: 5, ip }));
const nodes: readonly Endpoint[] = ['192.168.0.1', '192.168.0.2'].map((ip) => ({ ...bare, peerClass: 3, ip }));

function count(verdict: 1 | 2, lastSeen: Date): L4Edge['verdicts'][number] {
  return { verdict, count: 3n, lastSeen, reason: '', policies: [] };
}

function edgeOf(draft: TypeOfArbitrary<typeof edgeDraft>, ends: readonly Endpoint[]): L4Edge {
  const { protocol, port, at, allowedDay, deniedDay } = draft;
  const times = [allowedDay, deniedDay].map((each) => (each === undefined ? undefined : new Date(start + each * day)));
  const [allowed, denied] = times;
  const seen = times.filter((each) => each !== undefined).toSorted((a, b) => a.getTime() - b.getTime());
  return {
    source: ends[draft.source % ends.length],
    destination: ends[draft.destination % ends.length],
    protocol: protocol === 1 ? 1 : 2,
    port,
    observedAt: at === 1 ? 1 : 2,
    verdicts: [
      ...(allowed === undefined ? [] : [count(1, allowed)]),
      ...(denied === undefined ? [] : [count(2, denied)]),
    ],
    firstSeen: seen[0],
    lastSeen: seen.at(-1),
    observedSince: new Date(start),
    completeness: { complete: true, losses: [], sampled: false },
  };
}

const ciliumPeers = fc.constantFrom<object>(
  { fromEndpoints: [{}], toEndpoints: [{}] },
  { fromEndpoints: [{ matchLabels: { app: 'x' } }], toEndpoints: [{ matchLabels: { app: 'y' } }] },
  { fromEntities: ['cluster'], toEntities: ['all'] },
  { fromCIDR: ['198.51.100.0/24'], toCIDR: ['203.0.113.0/24'] },
);
const ciliumPorts = fc.constantFrom<object>({}, { toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }] }] });

const ciliumRule = (side: 'from' | 'to') =>
  fc.tuple(ciliumPeers, ciliumPorts).map(([peers, ports]) => ({
    ...Object.fromEntries(Object.entries(peers).filter(([field]) => field.startsWith(side))),
    ...ports,
  }));

const ciliumDraft = fc.record({
  namespace: fc.constantFrom(...namespaceNames),
  endpointSelector: fc.constantFrom<object>({}, { matchLabels: { app: 'x' } }),
  ingress: fc.array(ciliumRule('from'), { maxLength: 2 }),
  egress: fc.array(ciliumRule('to'), { maxLength: 2 }),
});

function ciliumPolicyOf({ namespace, ...body }: TypeOfArbitrary<typeof ciliumDraft>, index: number): Policy {
  const policy = policyOf({ namespace, ...body }, index);
  return { ...policy, apiVersion: 'cilium.io/v2', ref: { kind: 'CiliumNetworkPolicy', namespace, name: `c${index}` } };
}

/** Clusters of a few workloads in two namespaces, some policies, and up to 24 edges. */
export const scene: fc.Arbitrary<Scene> = sceneWith(fc.constant([]));

/** The same with a few CiliumNetworkPolicies besides. */
export const ciliumScene: fc.Arbitrary<Scene> = sceneWith(
  fc.array(ciliumDraft, { maxLength: 2 }).map((drafts) => drafts.map(ciliumPolicyOf)),
);

function sceneWith(more: fc.Arbitrary<readonly Policy[]>): fc.Arbitrary<Scene> {
  return fc
    .record({
      workloads: fc.array(workloadDraft, { minLength: 1, maxLength: 6 }),
      policies: fc.array(policyDraft, { maxLength: 2 }),
      more,
      edges: fc.array(edgeDraft, { maxLength: 24 }),
    })
    .map(({ workloads, policies, more: others, edges }) => {
      const pods = workloads.flatMap(podsOf);
      const ends = [...pods.map(endpointOf), ...world, ...nodes];
      return {
        cluster: { ...empty, pods, policies: [...policies.map(policyOf), ...others] },
        l4: edges.map((each) => edgeOf(each, ends)),
      };
    });
}

const empty: Cluster = {
  namespaces: new Map(
    namespaceNames.map((name): [string, Namespace] => [
      name,
      { name, labels: new Map([['kubernetes.io/metadata.name', name]]), annotations: new Map(), implied: false },
    ]),
  ),
  nodes: [0, 1].map((node) => ({
    name: `n${node}`,
    labels: new Map(),
    addresses: [`192.168.0.${node + 1}`],
    podCidrs: [],
  })),
  pods: [],
  services: [],
  endpointSlices: [],
  policies: [],
  cidrGroups: [],
  signs: { ciliumConfig: undefined, cilium: undefined, otherPlugin: undefined, mesh: undefined },
  problems: [],
};
