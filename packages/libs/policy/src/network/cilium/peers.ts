import type { Cause } from '../../model/cause.ts';
import type { PeerTerm } from '../rule.ts';
import { blockPeer, cidrRulePeers, selectsEverything, worldPeers } from './address-peers.ts';
import { ineffective, report } from './context.ts';
import { seesDnsAnswers } from './dns-visibility.ts';
import type { PolicyContext } from './context.ts';
import { peerEndpoints, peerNodes } from './endpoint-peers.ts';
import type { Scope } from './endpoint-peers.ts';
import { entityPeers, isEntity } from './entities.ts';
import { bareName } from './layer7-rules.ts';
import { isNever } from './selector.ts';
import type { CiliumSelector } from './selector.ts';
import { servicePeers } from './services.ts';
import type { CidrRule, DnsName, EgressItem, IngressItem } from './schema.ts';

/** The peers of an item, whichever direction it is of. Absent and empty are two things. */
export interface ItemPeers {
  readonly prefix: 'from' | 'to';
  readonly endpoints: readonly CiliumSelector[] | undefined;
  readonly nodes: readonly CiliumSelector[] | undefined;
  readonly entities: readonly string[] | undefined;
  readonly cidr: readonly string[] | undefined;
  readonly cidrSet: readonly CidrRule[] | undefined;
  readonly groups: readonly unknown[];
  readonly services: NonNullable<EgressItem['toServices']>;
  readonly fqdns: readonly DnsName[];
}

export function ingressPeers(item: IngressItem): ItemPeers {
  return {
    prefix: 'from',
    endpoints: item.fromEndpoints,
    nodes: item.fromNodes,
    entities: item.fromEntities,
    cidr: item.fromCIDR,
    cidrSet: item.fromCIDRSet,
    groups: item.fromGroups ?? [],
    services: [],
    fqdns: [],
  };
}

export function egressPeers(item: EgressItem): ItemPeers {
  return {
    prefix: 'to',
    endpoints: item.toEndpoints,
    nodes: item.toNodes,
    entities: item.toEntities,
    cidr: item.toCIDR,
    cidrSet: item.toCIDRSet,
    groups: item.toGroups ?? [],
    services: item.toServices ?? [],
    fqdns: item.toFQDNs ?? [],
  };
}

/** Whom an item means. */
export interface Peers {
  /**
   * - `listed`: the terms, which may be none
   * - `open`: the item says nothing of peers: with ports it means everybody, without it means nobody
   * - `nobody`: a list is there and empty
   */
  readonly kind: 'listed' | 'open' | 'nobody';
  readonly terms: readonly PeerTerm[];
  /** Why it can't be told whether the terms match. */
  readonly unknown: readonly Cause[];
}

/**
 * Translates the peers of one item. Source: cilium v1.20 pkg/policy/utils/parserules.go (mergeEndpointSelectors).
 * An empty toFQDNs, toGroups or toServices counts as absent there; the others, given and empty, select nothing.
 */
export function peersOf(peers: ItemPeers, path: string, scope: Scope, context: PolicyContext): Peers {
  const { prefix } = peers;
  for (const [field, value] of [
    ['Endpoints', peers.endpoints],
    ['Nodes', peers.nodes],
    ['Entities', peers.entities],
    ['CIDR', peers.cidr],
    ['CIDRSet', peers.cidrSet],
  ] as const) {
    if (value?.length !== 0) continue;
    ineffective(context, `${path}.${prefix}${field}`, 'an empty list selects nobody: this rule matches nothing');
    return { kind: 'nobody', terms: [], unknown: [] };
  }
  const unknown: Cause[] = [];
  const terms = [
    ...endpointTerms(peers, path, scope, context),
    ...nodeTerms(peers, path, context),
    ...(peers.entities ?? []).flatMap((each) => (isEntity(each) ? entityPeers(each, context.profile) : [])),
    ...(peers.cidr ?? []).flatMap((each) => blockPeer(each, [], context.profile)),
    ...cidrSetTerms(peers, path, context),
    ...nameTerms(peers, path, context),
    ...groupTerms(peers, path, unknown, context),
    ...serviceTerms(peers, path, unknown, context),
  ];
  const listed = [peers.endpoints, peers.nodes, peers.entities, peers.cidr, peers.cidrSet, peers.fqdns, peers.groups];
  const open = listed.every((each) => (each?.length ?? 0) === 0) && peers.services.length === 0;
  return { kind: open ? 'open' : 'listed', terms, unknown };
}

function endpointTerms({ prefix, endpoints = [] }: ItemPeers, path: string, scope: Scope, context: PolicyContext) {
  return endpoints.flatMap((selector, index): PeerTerm[] => {
    const own = peerEndpoints(selector, scope).filter((each) => !isNever(each));
    if (own.length === 0) {
      ineffective(
        context,
        `${path}.${prefix}Endpoints[${index}]`,
        'selects by a label that is no part of an endpoint’s identity: it matches nobody',
      );
      return [];
    }
    return own.map((each) => (each.length === 0 ? { kind: 'everything' } : { kind: 'endpoints', selector: each }));
  });
}

function nodeTerms({ prefix, nodes = [] }: ItemPeers, path: string, context: PolicyContext): PeerTerm[] {
  return nodes.flatMap((selector, index): PeerTerm[] => {
    const own = peerNodes(selector);
    if (!isNever(own)) return [{ kind: 'endpoints', selector: own }];
    ineffective(context, `${path}.${prefix}Nodes[${index}]`, 'selects by a label that no node has: it matches nobody');
    return [];
  });
}

function cidrSetTerms({ prefix, cidrSet = [] }: ItemPeers, path: string, context: PolicyContext): PeerTerm[] {
  return cidrSet.flatMap((rule, index) => {
    const { peers, missing } = cidrRulePeers(rule, context.cluster.cidrGroups, context.profile);
    if (missing !== undefined) {
      report(context, {
        severity: 'warning',
        code: 'unresolved',
        path: `${path}.${prefix}CIDRSet[${index}].cidrGroupRef`,
        message: `there is no CiliumCIDRGroup ${missing}: it stands for no address`,
      });
    }
    if (selectsEverything(rule)) {
      const message = 'an empty selector selects not only groups of addresses, but everything, pods and nodes too';
      ineffective(context, `${path}.${prefix}CIDRSet[${index}].cidrGroupSelector`, message);
    }
    return [...peers];
  });
}

function nameTerms({ fqdns }: ItemPeers, path: string, context: PolicyContext): PeerTerm[] {
  if (fqdns.length > 0 && !seesDnsAnswers(context.cluster)) {
    const message = 'no policy has DNS rules, so Cilium never learns the addresses of names: this matches nothing';
    ineffective(context, `${path}.toFQDNs`, message);
  }
  return fqdns.flatMap(({ matchName = '', matchPattern = '' }, index): PeerTerm[] => {
    if (matchName !== '') return [{ kind: 'names', exact: bareName(matchName) }];
    if (matchPattern !== '') return [{ kind: 'names', pattern: matchPattern.toLowerCase() }];
    ineffective(context, `${path}.toFQDNs[${index}]`, 'names nothing: it matches nobody');
    return [];
  });
}

/** Security groups of a cloud stand for addresses that only the cloud knows. */
function groupTerms(
  { prefix, groups }: ItemPeers,
  path: string,
  unknown: Cause[],
  context: PolicyContext,
): readonly PeerTerm[] {
  if (groups.length === 0) return [];
  const field = `${path}.${prefix}Groups`;
  const message = 'security groups of a cloud are not resolved: which addresses it matches is unknown';
  report(context, { severity: 'warning', code: 'unsupported', path: field, message });
  unknown.push({ code: 'unsupported', message: `${field}: ${message}` });
  return worldPeers(context.profile);
}

/**
 * Where no service, or none with pods or addresses, is found the agent is left with a rule that has no peers: with ports it
 * then means everybody. Whether the service is missing in the cluster, too, the input can't tell.
 */
function serviceTerms(
  { services }: ItemPeers,
  path: string,
  unknown: Cause[],
  context: PolicyContext,
): readonly PeerTerm[] {
  if (services.length === 0) return [];
  const terms = services.flatMap((rule, index) => {
    const peers = servicePeers(rule, context.cluster, context.profile);
    if (peers.length === 0) {
      report(context, {
        severity: 'warning',
        code: 'unresolved',
        path: `${path}.toServices[${index}]`,
        message: 'no such service, or none with a selector or addresses, is given',
      });
    }
    return peers;
  });
  if (terms.length > 0) return terms;
  unknown.push({ code: 'incomplete', message: `${path}.toServices: none of the services is given` });
  return [{ kind: 'everything' }];
}
