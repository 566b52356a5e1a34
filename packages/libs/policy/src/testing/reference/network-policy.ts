import { inBlock, ipOf, namespaceLabels, selectorMatches } from './world.ts';
import type { RawEnd, RawPod, RawPolicy, RawSelector, RawTraffic, RawWorld } from './world.ts';

// NetworkPolicy by the text of networking.k8s.io/v1 alone, one policy after the other.

interface Block {
  readonly cidr: string;
  readonly except?: readonly string[];
}
interface Peer {
  readonly podSelector?: RawSelector;
  readonly namespaceSelector?: RawSelector;
  readonly ipBlock?: Block;
}
interface Port {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly Port[];
}

/** spec of a NetworkPolicy, as far as the API has fields for it. */
export interface RawNetworkPolicySpec {
  readonly podSelector?: RawSelector;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/** The object. */
export type RawNetworkPolicy = RawPolicy<'NetworkPolicy', RawNetworkPolicySpec>;

/** How Cilium departs from the text (its documentation: ipBlock is a CIDR rule; egress rules without the type count). */
export interface Departures {
  /** Whether a block matches an end. */
  readonly block: (block: Block, other: RawEnd) => boolean;
  /** Names of ports count toward blocks, where they match pods. */
  readonly namesTowardBlocks: boolean;
  readonly rulesCountWithoutType: boolean;
  readonly sctp: boolean;
}

const byTheText: Departures = {
  block: ({ cidr, except = [] }, other) =>
    inBlock(ipOf(other), cidr) && !except.some((part) => inBlock(ipOf(other), part)),
  namesTowardBlocks: false,
  rulesCountWithoutType: false,
  sctp: true,
};

/** What NetworkPolicies say of one end: nothing selects it, or it's isolated and a rule does or doesn't allow. */
export function networkPolicySide(
  world: RawWorld,
  policies: readonly RawNetworkPolicy[],
  traffic: RawTraffic,
  direction: 'ingress' | 'egress',
  departures: Departures = byTheText,
): 'not isolated' | 'allowed' | 'denied' {
  const [self, other] =
    direction === 'ingress' ? [traffic.destination, traffic.source] : [traffic.source, traffic.destination];
  if (self.kind !== 'pod') return 'not isolated';
  let isolated = false;
  for (const policy of policies) {
    const { spec } = policy;
    if (policy.metadata.namespace !== self.pod.namespace) continue;
    if (!selectorMatches(spec.podSelector ?? {}, self.pod.labels)) continue;
    const rules = spec[direction] ?? [];
    if (!typesOf(spec).includes(direction) && !(departures.rulesCountWithoutType && rules.length > 0)) continue;
    isolated = true;
    for (const rule of rules) {
      const peers = (direction === 'ingress' ? rule.from : rule.to) ?? [];
      const ports = rule.ports ?? [];
      const matchesPort = (port: Port): boolean =>
        (departures.sctp || traffic.protocol !== 'SCTP') && portMatches(port, traffic);
      if (ports.length > 0 && !ports.some(matchesPort)) continue;
      if (peers.length === 0) return 'allowed';
      for (const peer of peers) {
        if (!peerMatches(world, peer, self.pod.namespace, other, departures)) continue;
        // Toward a block there is no pod whose port names could be looked up.
        const named = (port: Port): boolean => typeof port.port === 'string';
        const onlyNumbers = direction === 'egress' && peer.ipBlock !== undefined && !departures.namesTowardBlocks;
        if (ports.length > 0 && onlyNumbers && !ports.some((port) => !named(port) && matchesPort(port))) continue;
        return 'allowed';
      }
    }
  }
  return isolated ? 'denied' : 'not isolated';
}

/** "If this field is not specified, it will default based on the existence of ingress or egress rules." */
function typesOf(spec: RawNetworkPolicySpec): readonly string[] {
  const given = spec.policyTypes ?? [];
  if (given.length > 0) return given.map((type) => type.toLowerCase());
  return (spec.egress ?? []).length > 0 ? ['ingress', 'egress'] : ['ingress'];
}

function peerMatches(world: RawWorld, peer: Peer, namespace: string, other: RawEnd, departures: Departures): boolean {
  if (peer.ipBlock !== undefined) return departures.block(peer.ipBlock, other);
  if (other.kind !== 'pod') return false;
  const { pod } = other;
  const inNamespace =
    peer.namespaceSelector === undefined
      ? pod.namespace === namespace
      : selectorMatches(peer.namespaceSelector, namespaceLabels(world, pod.namespace));
  return inNamespace && selectorMatches(peer.podSelector ?? {}, pod.labels);
}

function portMatches({ protocol = 'TCP', port, endPort }: Port, traffic: RawTraffic): boolean {
  if (protocol !== traffic.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return port <= traffic.port && traffic.port <= (endPort ?? port);
  return traffic.destination.kind === 'pod' && hasNamedPort(traffic.destination.pod, port, protocol, traffic.port);
}

function hasNamedPort(pod: RawPod, name: string, protocol: string, number: number): boolean {
  return pod.ports.some(
    (port) => port.name === name && (port.protocol ?? 'TCP') === protocol && port.containerPort === number,
  );
}
