import { canonicalCidr, cidrText, parseCidr, rangeContains, rangeCovers } from '../../address/cidr.ts';
import { parseAddress } from '../../address/address.ts';
import type { Cluster, Pod } from '../../model/cluster.ts';
import type { Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import { selects } from '../../model/selector.ts';
import { toSelector } from '../label-selector.ts';
import type { LabelSelector } from '../label-selector.ts';
import type { Direction } from '../rule.ts';
import { readNetworkPolicy, rulesOf } from './network-policy.ts';
import type { NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicyRule, NetworkPolicySpec } from './network-policy.ts';

type Find = (severity: 'warning' | 'info', path: string, message: string) => void;

/**
 * What is valid in NetworkPolicies but without the effect that its author probably meant. Looks at every pod for every
 * selector: for a person's question, not for the way of verdicts. Policies that are invalid are left out.
 */
export function lintNetworkPolicies(cluster: Cluster, profile: NetworkProfile): readonly Problem[] {
  return cluster.policies
    .filter(({ ref }) => ref.kind === 'NetworkPolicy')
    .flatMap((policy) => lintNetworkPolicy(policy, cluster, profile));
}

function lintNetworkPolicy(policy: Policy, cluster: Cluster, profile: NetworkProfile): readonly Problem[] {
  const { value: spec } = readNetworkPolicy(policy);
  if (spec === undefined) return [];
  const problems: Problem[] = [];
  const find: Find = (severity, path, message) =>
    void problems.push({ severity, code: 'ineffective', object: policy.ref, source: policy.source, path, message });
  const [body] = policy.specs;
  const path = body?.path ?? 'spec';
  lintTypes(spec, body?.body ?? {}, path, profile, find);
  const subjects = podsOf(cluster, policy.ref.namespace, spec.podSelector);
  if (cluster.pods.length > 0) lintSubjects(policy, spec, cluster, subjects, `${path}.podSelector`, find);
  for (const direction of ['ingress', 'egress'] as const) {
    for (const rule of rulesOf(spec, direction, path)) {
      lintBlocks(rule, cluster, profile, find);
      if (cluster.pods.length > 0) lintRule(rule, direction, { policy, cluster, subjects }, find);
    }
  }
  return problems;
}

/** Lists that policyTypes leaves without a meaning, and the empty one that isolates nothing. */
function lintTypes(
  spec: NetworkPolicySpec,
  body: Readonly<Record<string, unknown>>,
  path: string,
  profile: NetworkProfile,
  find: Find,
): void {
  for (const [direction, type] of [['ingress', 'Ingress'] as const, ['egress', 'Egress'] as const]) {
    if (spec.policyTypes.includes(type)) continue;
    const given = body[direction];
    if (spec[direction].length > 0) {
      const effect = profile.kind === 'cilium' ? 'Cilium applies them all the same' : 'they have no effect';
      find('warning', `${path}.${direction}`, `policyTypes leaves ${type} out: ${effect}`);
    } else if (Array.isArray(given) && body['policyTypes'] === undefined) {
      find('warning', `${path}.${direction}`, `an empty list without policyTypes does not isolate ${direction}`);
    }
  }
}

function lintSubjects(
  { ref }: Policy,
  { podSelector }: NetworkPolicySpec,
  cluster: Cluster,
  subjects: readonly Pod[],
  path: string,
  find: Find,
): void {
  if (subjects.length > 0) return;
  const selector = toSelector(podSelector, (key) => key);
  const onHost = cluster.pods.some(
    (pod) => pod.namespace === ref.namespace && pod.hostNetwork && selects(selector, pod.labels),
  );
  find('info', path, onHost ? "selects only pods in the host's network, to which it does not apply" : 'selects no pod');
}

function lintRule(
  rule: NetworkPolicyRule,
  direction: Direction,
  at: { readonly policy: Policy; readonly cluster: Cluster; readonly subjects: readonly Pod[] },
  find: Find,
): void {
  const { cluster, policy, subjects } = at;
  const others = rule.peers.map((peer) => peerPods(peer, cluster, policy.ref.namespace));
  for (const [index, pods] of others.entries()) {
    if (pods?.length === 0) find('info', `${rule.peersPath}[${index}]`, 'matches no pod');
  }
  // Names are looked up on the destination: the policy's own pods, or the peers.
  const open = rule.peers.length === 0;
  const destinations = direction === 'ingress' ? subjects : open ? cluster.pods : others.flatMap((pods) => pods ?? []);
  for (const [index, port] of rule.ports.entries()) {
    if (typeof port.port !== 'string' || destinations.some((pod) => hasPort(pod, port))) continue;
    const message =
      destinations.length === 0
        ? `no pod can be the destination: the name ${port.port} matches nothing`
        : `no destination has a ${port.protocol} port ${port.port}: it matches nothing`;
    find('warning', `${rule.path}.ports[${index}].port`, message);
  }
}

function hasPort({ namedPorts }: Pod, { port, protocol }: NetworkPolicyPort): boolean {
  return namedPorts.some((known) => known.name === port && known.protocol === protocol);
}

/** Pods of a selector in a namespace; those in the host's network are none that policies know. */
function podsOf(cluster: Cluster, namespace: string, podSelector: LabelSelector): readonly Pod[] {
  const selector = toSelector(podSelector, (key) => key);
  return cluster.pods.filter((pod) => pod.namespace === namespace && !pod.hostNetwork && selects(selector, pod.labels));
}

/** Pods of a peer by selectors; undefined for a block, or a peer that the engine does not know. */
function peerPods(
  { podSelector, namespaceSelector }: NetworkPolicyPeer,
  cluster: Cluster,
  namespace: string,
): readonly Pod[] | undefined {
  if (namespaceSelector === undefined) {
    return podSelector === undefined ? undefined : podsOf(cluster, namespace, podSelector);
  }
  const selector = toSelector(namespaceSelector, (key) => key);
  return [...cluster.namespaces.values()]
    .filter(({ labels }) => selects(selector, labels))
    .flatMap(({ name }) => podsOf(cluster, name, podSelector ?? {}));
}

function lintBlocks(rule: NetworkPolicyRule, cluster: Cluster, profile: NetworkProfile, find: Find): void {
  for (const [index, { ipBlock }] of rule.peers.entries()) {
    if (ipBlock === undefined) continue;
    const path = `${rule.peersPath}[${index}].ipBlock`;
    for (const [at, text] of [['cidr', ipBlock.cidr] as const, ...excepted(ipBlock.except)]) {
      const canonical = canonicalCidr(text);
      if (canonical !== undefined && hasHostBits(text, canonical)) {
        find('warning', `${path}.${at}`, `bits behind the prefix do not count: it means ${canonical}`);
      }
    }
    const block = parseCidr(ipBlock.cidr);
    if (block === undefined) continue;
    const parts = ipBlock.except.flatMap((text) => parseCidr(text) ?? []);
    const outermost = parts.filter(
      (part, place) => !parts.some((other, otherPlace) => coversFirst(other, part, otherPlace < place)),
    );
    if (outermost.reduce((sum, part) => sum + size(part), 0n) === size(block)) {
      find('warning', `${path}.except`, 'takes out all of the block: it matches nothing');
    }
    if (profile.kind !== 'cilium' || profile.policyCidrMatchMode.includes('pods')) continue;
    const holdsPod = cluster.pods.some((pod) =>
      pod.ips.some((ip) => {
        const address = parseAddress(ip);
        return address !== undefined && block.prefix > 0 && rangeContains(block, address);
      }),
    );
    if (holdsPod)
      find('warning', `${path}.cidr`, `on Cilium ${cidrText(block)} does not match the pods that are in it`);
  }
}

function excepted(except: readonly string[]): (readonly [string, string])[] {
  return except.map((text, index) => [`except[${index}]`, text] as const);
}

/** Whether a part lies in another; of two equal ones only the second does. */
function coversFirst(
  other: Parameters<typeof rangeCovers>[0],
  part: Parameters<typeof rangeCovers>[1],
  otherIsFirst: boolean,
): boolean {
  if (other === part || !rangeCovers(other, part)) return false;
  return !rangeCovers(part, other) || otherIsFirst;
}

function size(range: { readonly first: bigint; readonly last: bigint }): bigint {
  return range.last - range.first + 1n;
}

function hasHostBits(text: string, canonical: string): boolean {
  const [given = ''] = text.split('/');
  const [network = ''] = canonical.split('/');
  const address = parseAddress(given);
  const first = parseAddress(network);
  return address?.value !== first?.value;
}
