import { inBlock, ipOf, namespaceLabels, selectorMatches } from './world.ts';
import type { RawEnd, RawLabels, RawPod, RawPolicy, RawSelector, RawTraffic, RawWorld } from './world.ts';

// The core of CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy, from Cilium's documentation (policy language, layer 3,
// layer 4, deny policies, policy enforcement modes) and the observations listed in the issue. Without layer 7, FQDNs,
// services, nodes and groups.

interface Ports {
  readonly ports?: readonly { readonly port: string; readonly endPort?: number; readonly protocol?: string }[];
}
interface Icmp {
  readonly fields: readonly { readonly family?: 'IPv4' | 'IPv6'; readonly type: number }[];
}

/** One entry of ingress, ingressDeny, egress or egressDeny. */
export interface RawCiliumItem {
  readonly fromEndpoints?: readonly RawSelector[];
  readonly toEndpoints?: readonly RawSelector[];
  readonly fromEntities?: readonly string[];
  readonly toEntities?: readonly string[];
  readonly fromCIDR?: readonly string[];
  readonly toCIDR?: readonly string[];
  readonly fromCIDRSet?: readonly { readonly cidr: string; readonly except?: readonly string[] }[];
  readonly toCIDRSet?: readonly { readonly cidr: string; readonly except?: readonly string[] }[];
  readonly toPorts?: readonly Ports[];
  readonly icmps?: readonly Icmp[];
}

/** spec, as far as the reference goes. */
export interface RawCiliumSpec {
  readonly endpointSelector: RawSelector;
  readonly enableDefaultDeny?: { readonly ingress?: boolean; readonly egress?: boolean };
  readonly ingress?: readonly RawCiliumItem[];
  readonly ingressDeny?: readonly RawCiliumItem[];
  readonly egress?: readonly RawCiliumItem[];
  readonly egressDeny?: readonly RawCiliumItem[];
}

/** The objects. */
export type RawCiliumPolicy = RawPolicy<'CiliumNetworkPolicy' | 'CiliumClusterwideNetworkPolicy', RawCiliumSpec>;

/** Options of the agent, as far as the reference heeds them. */
export interface CiliumOptions {
  /** policy-cidr-match-mode. */
  readonly matchPods: boolean;
  readonly matchNodes: boolean;
  /** enable-policy. */
  readonly enforcement: 'default' | 'always' | 'never';
  /** allow-localhost is not `policy`. */
  readonly allowLocalhost: boolean;
  /** enable-non-default-deny-policies. */
  readonly nonDefaultDeny: boolean;
  readonly sctp: boolean;
}

/** What Cilium's policies say of one end, each part of it for itself. */
export interface CiliumSide {
  readonly denied: boolean;
  readonly allowed: boolean;
  readonly defaultDeny: boolean;
  /** A policy has something in this direction for it. */
  readonly hasRules: boolean;
}

const podNamespace = 'io.kubernetes.pod.namespace';

/** Goes through all policies that select the end. */
export function ciliumSide(
  world: RawWorld,
  policies: readonly RawCiliumPolicy[],
  traffic: RawTraffic,
  direction: 'ingress' | 'egress',
  options: CiliumOptions,
): CiliumSide {
  const [self, other] =
    direction === 'ingress' ? [traffic.destination, traffic.source] : [traffic.source, traffic.destination];
  const side = { denied: false, allowed: false, defaultDeny: false, hasRules: false };
  if (self.kind !== 'pod') return side;
  for (const { metadata, spec } of policies) {
    if (metadata.namespace !== undefined && metadata.namespace !== self.pod.namespace) continue;
    if (!selectorMatches(spec.endpointSelector, identityOf(world, self.pod))) continue;
    const [allows, denies] =
      direction === 'ingress' ? [spec.ingress, spec.ingressDeny] : [spec.egress, spec.egressDeny];
    const items = [...(allows ?? []), ...(denies ?? [])];
    if (items.length === 0) continue;
    side.hasRules = true;
    if (!options.nonDefaultDeny || spec.enableDefaultDeny?.[direction] !== false) side.defaultDeny = true;
    const matches = (item: RawCiliumItem): boolean =>
      itemMatches(world, item, { self: self.pod, other, traffic, namespace: metadata.namespace, options });
    if ((allows ?? []).some(matches)) side.allowed = true;
    if ((denies ?? []).some(matches)) side.denied = true;
  }
  return side;
}

interface At {
  readonly self: RawPod;
  readonly other: RawEnd;
  readonly traffic: RawTraffic;
  /** Of the policy; undefined for a clusterwide one. */
  readonly namespace: string | undefined;
  readonly options: CiliumOptions;
}

/** Labels by which Cilium knows a pod, without their source. */
function identityOf(world: RawWorld, pod: RawPod): RawLabels {
  const ofNamespace = Object.entries(namespaceLabels(world, pod.namespace)).map(([key, value]) => [
    `io.cilium.k8s.namespace.labels.${key}`,
    value,
  ]);
  return { ...pod.labels, ...Object.fromEntries(ofNamespace), [podNamespace]: pod.namespace };
}

function itemMatches(world: RawWorld, item: RawCiliumItem, at: At): boolean {
  const endpoints = item.fromEndpoints ?? item.toEndpoints;
  const entities = item.fromEntities ?? item.toEntities;
  const cidrs = item.fromCIDR ?? item.toCIDR;
  const cidrSets = item.fromCIDRSet ?? item.toCIDRSet;
  const restrictsPeers = [endpoints, entities, cidrs, cidrSets].some((list) => list !== undefined);
  const toPorts = item.toPorts ?? [];
  const icmps = item.icmps ?? [];
  const restrictsPorts = toPorts.length > 0 || icmps.length > 0;
  // `- {}` is about nobody; without peers, the ports are about everybody.
  if (!restrictsPeers && !restrictsPorts) return false;
  const peer =
    !restrictsPeers ||
    (endpoints ?? []).some((selector) => endpointMatches(world, selector, at)) ||
    (entities ?? []).some((entity) => entityMatches(entity, at)) ||
    (cidrs ?? []).some((cidr) => blockMatches({ cidr }, at.other, at.options)) ||
    (cidrSets ?? []).some((block) => blockMatches(block, at.other, at.options));
  if (!peer) return false;
  return (
    !restrictsPorts ||
    toPorts.some((each) => portsMatch(each, at.traffic, at.options)) ||
    icmps.some((each) => icmpMatches(each, at.traffic))
  );
}

/**
 * Addresses of a block outside of the cluster; pods and nodes only where the match mode says so. Not in the documentation:
 * the block of a whole family means the world, to which nodes belong only where pods are matched too (seen in v1.20).
 */
export function blockMatches(
  { cidr, except = [] }: { readonly cidr: string; readonly except?: readonly string[] },
  other: RawEnd,
  { matchPods, matchNodes }: CiliumOptions,
): boolean {
  if (other.kind === 'pod' && !matchPods) return false;
  if (other.kind === 'node' && (!matchNodes || (cidr.endsWith('/0') && !matchPods))) return false;
  return inBlock(ipOf(other), cidr) && !except.some((part) => inBlock(ipOf(other), part));
}

function endpointMatches(world: RawWorld, selector: RawSelector, { other, namespace }: At): boolean {
  if (other.kind !== 'pod') return false;
  if (!selectorMatches(selector, identityOf(world, other.pod))) return false;
  // Without a word about namespaces the policy's own is meant.
  const keys = [...Object.keys(selector.matchLabels ?? {}), ...(selector.matchExpressions ?? []).map(({ key }) => key)];
  const saysNamespace = keys.some((key) => key === podNamespace || key.startsWith('io.cilium.k8s.namespace.labels.'));
  return saysNamespace || namespace === undefined || other.pod.namespace === namespace;
}

function entityMatches(entity: string, { self, other }: At): boolean {
  const ownNode = other.kind === 'node' && other.node.name === self.node;
  switch (entity) {
    case 'all':
      return true;
    case 'world':
      return other.kind === 'outside';
    case 'world-ipv4':
      return other.kind === 'outside' && !other.ip.includes(':');
    case 'world-ipv6':
      return other.kind === 'outside' && other.ip.includes(':');
    case 'cluster':
      return other.kind !== 'outside';
    case 'host':
      return ownNode;
    case 'remote-node':
      return other.kind === 'node' && !ownNode;
    default:
      return false;
  }
}

function portsMatch(
  { ports = [] }: Ports,
  { protocol, port, destination }: RawTraffic,
  { sctp }: CiliumOptions,
): boolean {
  if (protocol === 'ICMP' || protocol === 'ICMPv6' || (protocol === 'SCTP' && !sctp)) return false;
  return ports.some((each) => {
    const wanted = each.protocol ?? 'ANY';
    if (wanted !== 'ANY' && wanted !== protocol) return false;
    const number = Number(each.port);
    if (Number.isInteger(number))
      return number === 0 || (number <= port && port <= Math.max(number, each.endPort ?? 0));
    return (
      destination.kind === 'pod' &&
      destination.pod.ports.some(
        (known) => known.name === each.port && known.containerPort === port && (known.protocol ?? 'TCP') === protocol,
      )
    );
  });
}

/** Not in the documentation: type 0 becomes port 0 of the policy map, which is every type (seen in v1.20). */
function icmpMatches({ fields }: Icmp, { protocol, port }: RawTraffic): boolean {
  return fields.some(
    ({ family = 'IPv4', type }) =>
      (type === port || type === 0) && protocol === (family === 'IPv4' ? 'ICMP' : 'ICMPv6'),
  );
}
