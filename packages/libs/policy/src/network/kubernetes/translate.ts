import type { Cluster } from '../../model/cluster.ts';
import type { Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import type { Requirement, Selector } from '../../model/selector.ts';
import { blockPeer } from '../cilium/address-peers.ts';
import { endpointKey, POD_NAMESPACE } from '../cilium/identity-labels.ts';
import { intoLabelSpace } from '../cilium/selector.ts';
import { toSelector } from '../label-selector.ts';
import type { LabelSelector } from '../label-selector.ts';
import { matchesOf, unsupportedOverall } from '../rule-parts.ts';
import type { Match, RuleParts } from '../rule-parts.ts';
import { ENDPOINT_LABELS } from '../rule.ts';
import type { Direction, PeerTerm, PortTerm, Translation } from '../rule.ts';
import { blockText, readNetworkPolicy, rulesOf } from './network-policy.ts';
import type { NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicyRule, NetworkPolicySpec } from './network-policy.ts';

const portMax = 65_535;

/** What the translation of a policy depends on besides the policy. */
export interface TranslationContext {
  readonly cluster: Cluster;
  /** Not `unknown`: the engine translates for each profile it could be. */
  readonly profile: NetworkProfile;
}

/**
 * Translates NetworkPolicies to rules. A policy that the API server would refuse gives problems and no rules; one with parts
 * that the engine does not know gives rules that are `unknown` where those parts could matter.
 */
export function translateNetworkPolicies(policies: readonly Policy[], { profile }: TranslationContext): Translation {
  const translations = policies.map((policy): Translation => {
    const { value, problems } = readNetworkPolicy(policy);
    return value === undefined ? { rules: [], isolations: [], problems } : translate(policy, value, problems, profile);
  });
  return {
    rules: translations.flatMap(({ rules }) => rules),
    isolations: translations.flatMap(({ isolations }) => isolations),
    problems: translations.flatMap(({ problems }) => problems),
  };
}

function translate(
  policy: Policy,
  spec: NetworkPolicySpec,
  problems: readonly Problem[],
  profile: NetworkProfile,
): Translation {
  const path = policy.specs[0]?.path ?? 'spec';
  const { ref } = policy;
  const subjects = podsIn(ref.namespace, podSelectorOf(spec.podSelector, profile, 'own namespace'));
  const overall = unsupportedOverall(problems, path);
  const directions = (['ingress', 'egress'] as const).filter((direction) => appliesTo(spec, direction, profile));
  const rules = directions.flatMap((direction) =>
    rulesOf(spec, direction, path)
      .flatMap((rule) => matchesOf(partsOf(rule, ref.namespace, profile), problems))
      .flatMap((match) => (direction === 'egress' ? withoutNamesTowardBlocks(match, profile) : [match]))
      .map(({ unknown, ...match }) => ({
        policy: ref,
        direction,
        tier: 'normal' as const,
        order: 0,
        action: 'allow' as const,
        subjects,
        ...match,
        ...(overall.length + unknown.length > 0 && { unknown: [...overall, ...unknown] }),
      })),
  );
  const isolations = directions.map((direction) => ({
    policy: ref,
    path,
    direction,
    subjects,
    ...(overall.length > 0 && { unknown: overall }),
  }));
  return { rules, isolations, problems };
}

/**
 * Cilium looks at the rules first: those of a direction count even where policyTypes leaves it out, and policyTypes only adds
 * a default deny where a direction has no rules (v1.20 pkg/k8s/network_policy.go ParseNetworkPolicy).
 */
function appliesTo(spec: NetworkPolicySpec, direction: Direction, profile: NetworkProfile): boolean {
  if (profile.kind === 'cilium' && spec[direction].length > 0) return true;
  return spec.policyTypes.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
}

function partsOf(rule: NetworkPolicyRule, namespace: string, profile: NetworkProfile): RuleParts {
  const { path, peersPath, peers, ports } = rule;
  return {
    path,
    peers:
      peers.length === 0
        ? 'everything'
        : peers.map((peer, index) => ({
            path: `${peersPath}[${index}]`,
            terms: peerTerms(peer, namespace, profile),
          })),
    ports:
      ports.length === 0
        ? 'all'
        : ports.map((port, index) => ({ path: `${path}.ports[${index}]`, terms: portTerms(port, profile) })),
  };
}

/**
 * A port's name means a pod's port, so it matches nothing toward an ipBlock, even where a pod has the address: which pod, if
 * any, the API does not say. Blocks beside other peers become a rule of their own. Cilium has no names for addresses, and
 * where its match mode takes pods for addresses, it has theirs.
 */
function withoutNamesTowardBlocks(match: Match, profile: NetworkProfile): readonly Match[] {
  const { path, peers, ports } = match;
  if (profile.kind === 'cilium' || ports === 'all' || !ports.some(isNamed)) return [match];
  const blocks = peers.filter((peer) => peer.kind === 'addresses');
  if (blocks.length === 0) return [match];
  const others = peers.filter((peer) => peer.kind !== 'addresses');
  const towardBlocks = { ...match, peers: blocks, ports: ports.filter((port) => !isNamed(port)) };
  return others.length === 0
    ? [towardBlocks]
    : [
        { ...match, peers: others },
        { ...towardBlocks, path: `${path}.to` },
      ];
}

const isNamed = (port: PortTerm): boolean => 'name' in port;

function peerTerms(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  namespace: string,
  profile: NetworkProfile,
): readonly PeerTerm[] {
  if (ipBlock !== undefined) return blockTerms(ipBlock.cidr, ipBlock.except, profile);
  const scope = namespaceSelector === undefined ? 'own namespace' : 'any namespace';
  const pods = podSelectorOf(podSelector ?? {}, profile, scope);
  if (namespaceSelector === undefined) return [{ kind: 'endpoints', selector: podsIn(namespace, pods) }];
  const namespaces = toSelector(namespaceSelector, ENDPOINT_LABELS.ofNamespace);
  return [{ kind: 'endpoints', selector: [anyPod, ...namespaces, ...pods] }];
}

/**
 * A block of addresses. By the API's text it is about addresses, whoever has them. Cilium reads it as a CIDR rule, which
 * never matches what Cilium manages, unless the match mode adds it.
 */
export function blockTerms(cidr: string, except: readonly string[], profile: NetworkProfile): readonly PeerTerm[] {
  if (profile.kind === 'cilium') return blockPeer(cidr, except, profile);
  const reaches = { pods: true, nodes: true, apiServer: true };
  return [{ kind: 'addresses', cidr: blockText(cidr), except: except.map(blockText), reaches }];
}

function portTerms({ protocol, port, endPort }: NetworkPolicyPort, profile: NetworkProfile): PortTerm[] {
  // Without SCTP support Cilium's data plane drops it, whatever the policies say.
  if (protocol === 'SCTP' && profile.kind === 'cilium' && !profile.sctp) return [];
  if (port === undefined) return [{ protocol, from: 0, to: portMax }];
  if (typeof port === 'string') return [{ protocol, name: port }];
  return [{ protocol, from: port, to: endPort ?? port }];
}

const anyPod: Requirement = { key: ENDPOINT_LABELS.type, operator: 'In', values: ['pod'] };

function podsIn(namespace: string, pods: Selector): Selector {
  return [anyPod, { key: ENDPOINT_LABELS.namespace, operator: 'In', values: [namespace] }, ...pods];
}

/**
 * A podSelector in the label space. On Cilium it selects by identity: it can name the labels that Cilium derives, and never
 * sees those that Cilium leaves out. Where the policy's own namespace is meant, one named under matchLabels is replaced
 * (v1.20 pkg/k8s/network_policy.go parsePodSelector).
 */
export function podSelectorOf(
  { matchLabels, matchExpressions }: LabelSelector,
  profile: NetworkProfile,
  scope: 'own namespace' | 'any namespace',
): Selector {
  if (profile.kind !== 'cilium') return toSelector({ matchLabels, matchExpressions }, ENDPOINT_LABELS.pod);
  const labels = Object.entries(matchLabels ?? {}).filter(
    ([key]) => scope === 'any namespace' || key !== POD_NAMESPACE,
  );
  const own = toSelector({ matchLabels: Object.fromEntries(labels), matchExpressions }, (key) => key);
  return intoLabelSpace(
    own.map((requirement) => ({ ...requirement, source: 'k8s', label: false })),
    endpointKey,
  );
}
