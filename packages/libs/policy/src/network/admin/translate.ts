import type { Cause } from '../../model/cause.ts';
import type { Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import type { Requirement, Selector } from '../../model/selector.ts';
import { blockTerms, podSelectorOf } from '../kubernetes/translate.ts';
import type { TranslationContext } from '../kubernetes/translate.ts';
import { toSelector } from '../label-selector.ts';
import { matchesOf, unsupportedOverall } from '../rule-parts.ts';
import { ENDPOINT_LABELS } from '../rule.ts';
import type { PeerTerm, PortTerm, Rule, Translation } from '../rule.ts';
import { placedRules, readAdminPolicy } from './admin-policy.ts';
import type { PlacedRule } from './admin-policy.ts';
import type { AdminPeer, AdminSpec, AdminSubject } from './admin-schema.ts';

/** BaselineAdminNetworkPolicy has no priority; it is asked after the baseline policies that have one. */
const orderOfBaseline = 1001;

/**
 * Translates AdminNetworkPolicies, BaselineAdminNetworkPolicies and ClusterNetworkPolicies to rules of the ordered tiers. They
 * never isolate. Rules of a policy stand in their order; policies of one tier and priority are asked by name, where the API
 * promises no order (see lintAdminPolicies).
 */
export function translateAdminPolicies(policies: readonly Policy[], { profile }: TranslationContext): Translation {
  const rules: Rule[] = [];
  const problems: Problem[] = [];
  for (const policy of policies) {
    const read = readAdminPolicy(policy);
    problems.push(...read.problems);
    if (read.value === undefined) continue;
    const enforced = enforcement(policy, profile);
    if (enforced === 'never') {
      problems.push({
        severity: 'warning',
        code: 'ineffective',
        object: policy.ref,
        source: policy.source,
        path: '',
        message: `Cilium does not enforce ${policy.ref.kind}`,
      });
      continue;
    }
    rules.push(...translate(policy, read.value, read.problems, profile, enforced));
  }
  return { rules, isolations: [], problems };
}

/**
 * Cilium (v1.20 pkg/k8s/cluster_network_policy.go) enforces ClusterNetworkPolicy where enable-k8s-cluster-network-policy is
 * set, and the older kinds never.
 */
function enforcement({ ref }: Policy, profile: NetworkProfile): readonly Cause[] | 'never' {
  if (profile.kind !== 'cilium') return [];
  if (ref.kind !== 'ClusterNetworkPolicy' || profile.clusterNetworkPolicy === false) return 'never';
  if (profile.clusterNetworkPolicy === true) return [];
  const message = `whether Cilium enforces ClusterNetworkPolicy (enable-k8s-cluster-network-policy) is not known`;
  return [{ code: 'profile', message }];
}

function translate(
  policy: Policy,
  spec: AdminSpec,
  problems: readonly Problem[],
  profile: NetworkProfile,
  notKnown: readonly Cause[],
): Rule[] {
  const path = policy.specs[0]?.path ?? 'spec';
  const overall = [...notKnown, ...unsupportedOverall(problems, path)];
  const subjects = subjectSelector(spec.subject, profile);
  // Behind the baseline tier stands only the default, which allows: to pass is to allow.
  return (['ingress', 'egress'] as const).flatMap((direction) =>
    placedRules(spec, direction, path).flatMap((rule) => {
      const common = {
        policy: policy.ref,
        direction,
        tier: spec.tier,
        order: spec.priority ?? orderOfBaseline,
        action: spec.tier === 'baseline' && rule.action === 'pass' ? ('allow' as const) : rule.action,

        subjects,
      };
      const translated = matchesOf(partsOf(rule, profile), problems).map(({ unknown, ...match }): Rule => ({
        ...common,
        ...match,
        ...(overall.length + unknown.length > 0 && { unknown: [...overall, ...unknown] }),
      }));
      const dns = profile.kind === 'cilium' ? ciliumDns(rule) : undefined;
      return dns === undefined ? translated : [...translated, { ...common, ...dns }];
    }),
  );
}

function partsOf(rule: PlacedRule, profile: NetworkProfile): Parameters<typeof matchesOf>[0] {
  const { path, peers, peersField, ports, portsField } = rule;
  return {
    path,
    peers: peers.map((peer, index) => ({
      path: `${path}.${peersField}[${index}]`,
      terms: peerTerms(peer, profile),
    })),
    ports:
      ports === 'all'
        ? 'all'
        : ports.map((port, index) => ({
            path: `${path}.${portsField}[${index}]`,
            terms: port === undefined || neverMatches(port, profile) ? [] : [port],
          })),
  };
}

/** v1alpha1 accepts a range that ends before it begins. */
function neverMatches(port: PortTerm, profile: NetworkProfile): boolean {
  if ('from' in port && port.from > port.to) return true;
  return port.protocol === 'SCTP' && profile.kind === 'cilium' && !profile.sctp;
}

function peerTerms(peer: AdminPeer, profile: NetworkProfile): readonly PeerTerm[] {
  const { nodes, networks, domainNames } = peer;
  if (nodes !== undefined) {
    return [{ kind: 'endpoints', selector: [typeIs('node'), ...toSelector(nodes, ENDPOINT_LABELS.node)] }];
  }
  if (networks !== undefined) {
    return networks.flatMap((cidr) => blockTerms(cidr, [], profile));
  }
  if (domainNames !== undefined) return domainNames.map(nameTerm);
  if (peer.namespaces === undefined && peer.pods === undefined) return [];
  return [{ kind: 'endpoints', selector: subjectSelector(peer, profile) }];
}

/** The wildcard stands for one or more whole labels, which Cilium's patterns write `**.`. */
function nameTerm(domainName: string): { kind: 'names'; exact: string } | { kind: 'names'; pattern: string } {
  const name = domainName.toLowerCase().replace(/\.$/, '');
  return name.startsWith('*.') ? { kind: 'names', pattern: `*${name}` } : { kind: 'names', exact: name };
}

/** Pods by namespace and labels. Pods of the host's network are never among them: their peer is the node. */
function subjectSelector({ namespaces, pods }: AdminSubject, profile: NetworkProfile): Selector {
  const ofNamespace = toSelector(namespaces ?? pods?.namespaceSelector ?? {}, ENDPOINT_LABELS.ofNamespace);
  return [typeIs('pod'), ...ofNamespace, ...podSelectorOf(pods?.podSelector ?? {}, profile, 'any namespace')];
}

function typeIs(type: 'pod' | 'node'): Requirement {
  return { key: ENDPOINT_LABELS.type, operator: 'In', values: [type] };
}

/** For a rule with domain names Cilium also lets pods ask kube-dns for them (kcnpParseFQDNSelectors). */
function ciliumDns(rule: PlacedRule): Pick<Rule, 'path' | 'peers' | 'ports' | 'layer7'> | undefined {
  const names = rule.peers.flatMap(({ domainNames }) => (domainNames ?? []).map(nameTerm));
  if (names.length === 0 || rule.action !== 'allow') return undefined;
  const kubeDns: Requirement = { key: ENDPOINT_LABELS.pod('k8s-app'), operator: 'In', values: ['kube-dns'] };
  return {
    path: `${rule.path}.to[${rule.peers.findIndex(({ domainNames }) => domainNames !== undefined)}].domainNames`,
    peers: [{ kind: 'endpoints', selector: [typeIs('pod'), kubeDns] }],
    ports: [
      { protocol: 'any', name: 'dns' },
      { protocol: 'any', name: 'dns-tcp' },
    ],
    layer7: {
      dns: names.map((name) => ('exact' in name ? { exact: name.exact } : { pattern: name.pattern })),
    },
  };
}
