import { adminSide } from './admin-policy.ts';
import type { RawAdminPolicy } from './admin-policy.ts';
import { blockMatches, ciliumSide } from './cilium-policy.ts';
import type { CiliumOptions, RawCiliumPolicy } from './cilium-policy.ts';
import { networkPolicySide } from './network-policy.ts';
import type { RawNetworkPolicy } from './network-policy.ts';
import type { RawEnd, RawTraffic, RawWorld } from './world.ts';

/** Policies by family. */
export interface RawPolicies {
  readonly network: readonly RawNetworkPolicy[];
  readonly admin: readonly RawAdminPolicy[];
  readonly cilium?: readonly RawCiliumPolicy[];
}

/** One end under the generic profile: admin tier, NetworkPolicies, baseline tier, and what none of them decides is allowed. */
function sideByTheText(
  world: RawWorld,
  policies: RawPolicies,
  traffic: RawTraffic,
  direction: 'ingress' | 'egress',
): boolean {
  const admin = adminSide(world, policies.admin, traffic, direction, 'Admin');
  if (admin !== 'pass') return admin === 'allowed';
  const normal = networkPolicySide(world, policies.network, traffic, direction);
  if (normal !== 'not isolated') return normal === 'allowed';
  return adminSide(world, policies.admin, traffic, direction, 'Baseline') !== 'denied';
}

/** The generic profile: may the connection be opened? Both ends must allow it. */
export function allowedByTheText(world: RawWorld, policies: RawPolicies, traffic: RawTraffic): boolean {
  const asSeen = { ...traffic, source: seenAs(world, traffic.source), destination: seenAs(world, traffic.destination) };
  const { source, destination } = asSeen;
  // A pod can always talk to itself, and with the node that it runs on.
  if (source.kind === 'pod' && destination.kind === 'pod' && source.pod === destination.pod) return true;
  if (source.kind === 'node' && destination.kind === 'pod' && destination.pod.node === source.node.name) return true;
  if (source.kind === 'pod' && destination.kind === 'node' && source.pod.node === destination.node.name) return true;
  return sideByTheText(world, policies, asSeen, 'egress') && sideByTheText(world, policies, asSeen, 'ingress');
}

/** Pods in the host's network are seen as the node. */
export function seenAs(world: RawWorld, end: RawEnd): RawEnd {
  if (end.kind !== 'pod' || !end.pod.hostNetwork) return end;
  const node = world.nodes.find(({ name }) => name === end.pod.node);
  if (node === undefined) throw new Error(`no node ${end.pod.node}`);
  return { kind: 'node', node };
}

/**
 * Cilium with an agent's options: NetworkPolicies and Cilium's own together; a deny wins, then an allow, then the default deny
 * of any of them. The own node may reach a pod unless a policy denies it. Not in the documentation: in the mode `always` it
 * may so only where a policy has ingress rules for the pod (seen in v1.20).
 */
export function allowedByCilium(
  world: RawWorld,
  policies: RawPolicies,
  traffic: RawTraffic,
  options: CiliumOptions,
): boolean {
  const asSeen = { ...traffic, source: seenAs(world, traffic.source), destination: seenAs(world, traffic.destination) };
  const { source, destination } = asSeen;
  if (options.enforcement === 'never') return true;
  if (source.kind === 'pod' && destination.kind === 'pod' && source.pod === destination.pod) return true;
  return (['egress', 'ingress'] as const).every((direction) => {
    const cilium = ciliumSide(world, policies.cilium ?? [], asSeen, direction, options);
    if (cilium.denied) return false;
    if (cilium.allowed) return true;
    const normal = networkPolicySide(world, policies.network, asSeen, direction, {
      block: (block, other) => blockMatches(block, other, options),
      namesTowardBlocks: true,
      rulesCountWithoutType: true,
      sctp: options.sctp,
    });
    if (normal === 'allowed') return true;
    const always = options.enforcement === 'always';
    const localhost = options.allowLocalhost && (!always || cilium.hasRules || normal !== 'not isolated');
    const ownNode = source.kind === 'node' && destination.kind === 'pod' && destination.pod.node === source.node.name;
    if (direction === 'ingress' && localhost && ownNode) return true;
    const self = direction === 'ingress' ? destination : source;
    return normal === 'not isolated' && !cilium.defaultDeny && !(always && self.kind === 'pod');
  });
}
