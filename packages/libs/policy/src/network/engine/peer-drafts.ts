import { parseAddress } from '../../address/address.ts';
import type { Address, AddressFamily } from '../../address/address.ts';
import { rangeText } from '../../address/cidr.ts';
import type { AddressRange } from '../../address/cidr.ts';
import type { Cluster, Namespace, Node, Pod } from '../../model/cluster.ts';
import { refText } from '../../model/object-ref.ts';
import { ENDPOINT_LABELS } from '../rule.ts';
import { namedPortsOf, nodeLabels, noNamedPorts, podLabels, worldLabels } from './universe-peer.ts';
import type { PeerDraft } from './universe-peer.ts';

// Peers of a cluster before they have their place.

/** What peers without pods have in common. */
const bare = {
  namedPorts: noNamedPorts,
  addresses: [],
  unknownLabels: [],
  namedPortsKnown: true,
  dnsNames: undefined,
} as const satisfies Partial<PeerDraft>;

/** The peer of a pod with an address of its own. */
export function podDraft(
  pod: Pod,
  of: {
    readonly namespace: Namespace | undefined;
    readonly clusterName: string;
    readonly addresses: readonly Address[];
  },
): PeerDraft {
  return {
    ...bare,
    kind: 'pod',
    labels: podLabels(pod, of),
    workload: pod.workload,
    namedPorts: namedPortsOf(pod),
    name: refText(pod.workload),
    addresses: of.addresses,
    dnsNames: [],
  };
}

/** Equal for pods of a namespace that no rule can tell apart. */
export function podKey(pod: Pod, addressClasses: readonly string[]): string {
  const labels = [...pod.labels].map(([key, value]) => `${key}=${value}`);
  const ports = pod.namedPorts.map(({ name, port, protocol }) => `${name}:${port}/${protocol}`);
  return [
    refText(pod.workload),
    pod.serviceAccount,
    pod.template ? 'template' : '',
    labels.toSorted().join(),
    ports.toSorted().join(),
    addressClasses.toSorted().join(),
  ].join(' ');
}

/** A node as one of its sides; without an object of it its labels are not known. */
export function nodeDraft(
  name: string,
  node: Node | undefined,
  o: {
    readonly side: 'host' | 'remote-node';
    readonly addresses: readonly Address[];
    readonly apiServer: boolean;
    readonly clusterName: string | undefined;
  },
): PeerDraft {
  return {
    ...bare,
    kind: 'node',
    labels: nodeLabels({ labels: node?.labels ?? new Map(), apiServer: o.apiServer }, o.side, o.clusterName),
    name,
    addresses: o.addresses,
    unknownLabels: node === undefined ? [ENDPOINT_LABELS.node('')] : [],
    dnsNames: [],
    nodeSide: o.side,
  };
}

/** An entity of which nothing but its name is known. */
export function entityDraft(name: string): PeerDraft {
  const labels = new Map([
    [ENDPOINT_LABELS.type, 'reserved'],
    [ENDPOINT_LABELS.entity(name), ''],
  ]);
  return { ...bare, kind: 'reserved', labels, name, dnsNames: [] };
}

/** The API server outside of the nodes: an address of the world with a name of its own. */
export function apiServerDraft(addresses: readonly Address[]): PeerDraft {
  const families = addresses.map(({ family }) => family);
  const labels = worldLabels('reserved', families).set(ENDPOINT_LABELS.entity('kube-apiserver'), '');
  return { ...bare, kind: 'reserved', labels, name: 'kube-apiserver', addresses };
}

/** Addresses outside of the cluster, none of which a block tells from the others: the first stands for all. */
export function rangeDraft(range: AddressRange): PeerDraft {
  const { family, first } = range;
  const addresses = [{ family, value: first }];
  return { ...bare, kind: 'range', labels: worldLabels('range', [family]), name: rangeText(range), addresses };
}

/** Some address outside of the cluster. */
export function worldDraft(): PeerDraft {
  const unknownLabels = [ENDPOINT_LABELS.entity('world-')];
  const name = 'an address outside of the cluster';
  return { ...bare, kind: 'range', labels: worldLabels('range', []), unknownLabels, name };
}

/** A pod of which the input has nothing but its namespace. */
export function strangerDraft(
  name: string,
  of: {
    readonly namespace: Namespace | undefined;
    readonly clusterName: string;
    readonly addresses: readonly Address[];
  },
): PeerDraft {
  const { pod, serviceAccount, ofNamespace } = ENDPOINT_LABELS;
  return {
    ...bare,
    kind: 'pod',
    labels: podLabels({ namespace: name, labels: new Map(), serviceAccount: undefined }, of),
    name: `a pod of ${name} that is not given`,
    addresses: of.addresses,
    unknownLabels: [pod(''), serviceAccount, ...(of.namespace === undefined ? [ofNamespace('')] : [])],
    namedPortsKnown: false,
    dnsNames: [],
  };
}

/** What somebody may be. Not an endpoint without labels (init): it is on its way to be a pod. */
const anyEntity = ['world', 'host', 'remote-node', 'kube-apiserver', 'ingress', 'health', 'unmanaged'] as const;

/** Something of which nothing is known: a pod, a node, an address outside. Only what holds for all is known of it. */
export function anyoneDraft(): PeerDraft {
  const { type, namespace, serviceAccount, cluster, pod, ofNamespace, node, entity } = ENDPOINT_LABELS;
  const ofPods = [namespace, serviceAccount, cluster, pod(''), ofNamespace('')];
  return {
    ...bare,
    kind: 'pod',
    labels: new Map(),
    unknownLabels: [type, ...ofPods, node(''), ...anyEntity.map(entity)],
    namedPortsKnown: false,
    name: 'somebody of whom nothing is known',
    anyone: true,
  };
}

/** Addresses given as text; what is none is left out. */
export function addressesOf(ips: readonly string[]): Address[] {
  return ips.flatMap((ip) => parseAddress(ip) ?? []);
}

/** Families of addresses that pods have; of nodes, where no pod's address is known; IPv4 where none is. */
export function familiesOf({ pods, nodes }: Pick<Cluster, 'pods' | 'nodes'>): ReadonlySet<AddressFamily> {
  const families = new Set<AddressFamily>();
  const see = (ips: readonly string[]): void => ips.forEach((ip) => families.add(ip.includes(':') ? 6 : 4));
  for (const pod of pods) see(pod.ips);
  if (families.size === 0) for (const node of nodes) see(node.addresses);
  if (families.size === 0) families.add(4);
  return families;
}
