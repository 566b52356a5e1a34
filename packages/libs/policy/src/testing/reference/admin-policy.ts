import { inBlock, ipOf, namespaceLabels, selectorMatches } from './world.ts';
import type { RawEnd, RawPod, RawPolicy, RawSelector, RawTraffic, RawWorld } from './world.ts';

// AdminNetworkPolicy, BaselineAdminNetworkPolicy (v1alpha1) and ClusterNetworkPolicy (v1alpha2) by the text of
// policy.networking.k8s.io alone: policies sorted by priority, their rules from the top, the first that matches decides.

interface NamespacedPod {
  readonly namespaceSelector: RawSelector;
  readonly podSelector: RawSelector;
}
interface Peer {
  readonly namespaces?: RawSelector;
  readonly pods?: NamespacedPod;
  readonly nodes?: RawSelector;
  readonly networks?: readonly string[];
}
interface NewPort {
  readonly destinationPort?: {
    readonly number?: number;
    readonly range?: { readonly start: number; readonly end: number };
  };
}
interface Port {
  readonly portNumber?: { readonly protocol?: string; readonly port: number };
  readonly portRange?: { readonly protocol?: string; readonly start: number; readonly end: number };
  readonly namedPort?: string;
  readonly tcp?: NewPort;
  readonly udp?: NewPort;
  readonly sctp?: NewPort;
  readonly destinationNamedPort?: string;
}
interface Rule {
  readonly action: 'Allow' | 'Accept' | 'Deny' | 'Pass';
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly Port[];
  readonly protocols?: readonly Port[];
}

/** spec of the three kinds. */
export interface RawAdminSpec {
  readonly tier?: 'Admin' | 'Baseline';
  readonly priority?: number;
  readonly subject: Peer;
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/** The objects. */
export type RawAdminPolicy = RawPolicy<
  'AdminNetworkPolicy' | 'BaselineAdminNetworkPolicy' | 'ClusterNetworkPolicy',
  RawAdminSpec
>;

/** What a tier decides at one end; `pass` also where no rule matches. */
export function adminSide(
  world: RawWorld,
  policies: readonly RawAdminPolicy[],
  traffic: RawTraffic,
  direction: 'ingress' | 'egress',
  tier: 'Admin' | 'Baseline',
): 'allowed' | 'denied' | 'pass' {
  const [self, other] =
    direction === 'ingress' ? [traffic.destination, traffic.source] : [traffic.source, traffic.destination];
  if (self.kind !== 'pod' || self.pod.hostNetwork) return 'pass';
  const inOrder = policies
    .filter((policy) => tierOf(policy) === tier)
    .toSorted((a, b) => (a.spec.priority ?? 1001) - (b.spec.priority ?? 1001));
  for (const { spec } of inOrder) {
    if (!podMatches(world, spec.subject, self.pod)) continue;
    for (const rule of spec[direction] ?? []) {
      const peers = (direction === 'ingress' ? rule.from : rule.to) ?? [];
      const ports = rule.ports ?? rule.protocols;
      if (!peers.some((peer) => peerMatches(world, peer, other))) continue;
      if (ports !== undefined && !ports.some((port) => portMatches(port, traffic))) continue;
      return rule.action === 'Deny' ? 'denied' : rule.action === 'Pass' ? 'pass' : 'allowed';
    }
  }
  return 'pass';
}

function tierOf({ kind, spec }: RawAdminPolicy): 'Admin' | 'Baseline' | undefined {
  if (kind === 'ClusterNetworkPolicy') return spec.tier;
  return kind === 'AdminNetworkPolicy' ? 'Admin' : 'Baseline';
}

function podMatches(world: RawWorld, { namespaces, pods }: Peer, pod: RawPod): boolean {
  if (pod.hostNetwork) return false;
  const labels = namespaceLabels(world, pod.namespace);
  if (namespaces !== undefined) return selectorMatches(namespaces, labels);
  if (pods === undefined) return false;
  return selectorMatches(pods.namespaceSelector, labels) && selectorMatches(pods.podSelector, pod.labels);
}

function peerMatches(world: RawWorld, peer: Peer, other: RawEnd): boolean {
  if (peer.networks !== undefined) return peer.networks.some((cidr) => inBlock(ipOf(other), cidr));
  if (peer.nodes !== undefined) return other.kind === 'node' && selectorMatches(peer.nodes, other.node.labels);
  return other.kind === 'pod' && podMatches(world, peer, other.pod);
}

function portMatches(port: Port, traffic: RawTraffic): boolean {
  const { portNumber, portRange, tcp, udp, sctp } = port;
  if (portNumber !== undefined) {
    return (portNumber.protocol ?? 'TCP') === traffic.protocol && portNumber.port === traffic.port;
  }
  if (portRange !== undefined) {
    if ((portRange.protocol ?? 'TCP') !== traffic.protocol) return false;
    return portRange.start <= traffic.port && traffic.port <= portRange.end;
  }
  if (tcp !== undefined) return traffic.protocol === 'TCP' && newPortMatches(tcp, traffic.port);
  if (udp !== undefined) return traffic.protocol === 'UDP' && newPortMatches(udp, traffic.port);
  if (sctp !== undefined) return traffic.protocol === 'SCTP' && newPortMatches(sctp, traffic.port);
  const name = port.namedPort ?? port.destinationNamedPort;
  const { destination } = traffic;
  return (
    destination.kind === 'pod' &&
    destination.pod.ports.some(
      (each) =>
        each.name === name && each.containerPort === traffic.port && (each.protocol ?? 'TCP') === traffic.protocol,
    )
  );
}

function newPortMatches({ destinationPort }: NewPort, number: number): boolean {
  if (destinationPort?.range !== undefined) {
    return destinationPort.range.start <= number && number <= destinationPort.range.end;
  }
  return destinationPort?.number === number;
}
