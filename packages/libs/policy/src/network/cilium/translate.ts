import type { Cause } from '../../model/cause.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { Policy, PolicySpecBody } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import type { Selector } from '../../model/selector.ts';
import { readSpec } from '../../parse/read-spec.ts';
import type { Direction, Isolation, PortTerm, Rule, Translation } from '../rule.ts';
import { ineffective, report, unknownFields } from './context.ts';
import type { PolicyContext } from './context.ts';
import { subjectEndpoints, subjectNodes } from './endpoint-peers.ts';
import type { Scope } from './endpoint-peers.ts';
import { isRequestField, portGroups } from './item-ports.ts';
import type { ItemPorts } from './item-ports.ts';
import { lintItem, lintSpec } from './lint.ts';
import { egressPeers, ingressPeers, peersOf } from './peers.ts';
import type { ItemPeers } from './peers.ts';
import { ciliumSpecSchema } from './schema.ts';
import type { CiliumSpec } from './schema.ts';
import { hasKey } from './selector.ts';

/**
 * Translates CiliumNetworkPolicies and CiliumClusterwideNetworkPolicies. A policy of which one body is invalid gives problems
 * and no rules, as the agent refuses it whole. Under a profile that is not Cilium's its defaults hold.
 */
export function translateCiliumPolicies(
  policies: readonly Policy[],
  { cluster, profile }: { readonly cluster: Cluster; readonly profile: NetworkProfile },
): Translation {
  const translations = policies.map((policy): Translation => {
    const problems: Problem[] = [];
    const context: PolicyContext = {
      policy,
      namespace: policy.ref.kind === 'CiliumClusterwideNetworkPolicy' ? '' : policy.ref.namespace,
      cluster,
      profile: profile.kind === 'cilium' ? profile : CILIUM_DEFAULTS,
      problems,
    };
    const bodies = readBodies(context);
    const rules: Rule[] = [];
    const isolations: Isolation[] = [];
    for (const { path, spec } of bodies ?? []) translateBody(spec, path, context, { rules, isolations });
    return { rules, isolations, problems };
  });
  return {
    rules: translations.flatMap(({ rules }) => rules),
    isolations: translations.flatMap(({ isolations }) => isolations),
    problems: translations.flatMap(({ problems }) => problems),
  };
}

/** Reads every body; undefined when one of them is invalid, or there is none. */
function readBodies(context: PolicyContext): { path: string; spec: CiliumSpec }[] | undefined {
  const { policy } = context;
  const read: { path: string; spec: CiliumSpec }[] = [];
  for (const body of policy.specs) {
    const { value, problems } = readSpec(ciliumSpecSchema, body, policy);
    context.problems.push(...problems);
    if (value !== undefined && hasRules(value, body, context) && allowedHere(value, body, context))
      read.push({ path: body.path, spec: value });
  }
  if (policy.specs.length === 0) invalid(context, 'spec', 'must have spec or specs');
  return read.length === policy.specs.length ? read : undefined;
}

/** The agent refuses a policy with a body that has no rule at all: it does nothing, which is no fault of the input. */
function hasRules(spec: CiliumSpec, { path }: PolicySpecBody, context: PolicyContext): boolean {
  const lists = [spec.ingress, spec.ingressDeny, spec.egress, spec.egressDeny];
  if (lists.some((list) => (list?.length ?? 0) > 0)) return true;
  ineffective(
    context,
    path,
    'has no rule in ingress, ingressDeny, egress or egressDeny: the whole policy does nothing',
  );
  return false;
}

/** What the agent refuses because of the policy's kind or of its own options. */
function allowedHere(spec: CiliumSpec, { path }: PolicySpecBody, context: PolicyContext): boolean {
  if (spec.nodeSelector !== undefined && context.namespace !== '') {
    invalid(context, `${path}.nodeSelector`, 'can only be used in a CiliumClusterwideNetworkPolicy');
    return false;
  }
  const items = [
    ...[...(spec.ingress ?? []), ...(spec.ingressDeny ?? [])].map(({ fromNodes }) => fromNodes),
    ...[...(spec.egress ?? []), ...(spec.egressDeny ?? [])].map(({ toNodes }) => toNodes),
  ];
  if (context.profile.nodeSelectorLabels === true || items.every((nodes) => (nodes?.length ?? 0) === 0)) return true;
  invalid(
    context,
    path,
    'fromNodes and toNodes are refused without enable-node-selector-labels, which is off in this profile',
  );
  return false;
}

function invalid(context: PolicyContext, path: string, message: string): void {
  report(context, { severity: 'error', code: 'invalid', path, message });
}

interface Target {
  readonly rules: Rule[];
  readonly isolations: Isolation[];
}

/** One list of a body. */
interface ItemList {
  readonly field: 'ingress' | 'ingressDeny' | 'egress' | 'egressDeny';
  readonly direction: Direction;
  readonly items: readonly { readonly peers: ItemPeers; readonly ports: ItemPorts; readonly authenticated: boolean }[];
}

function translateBody(spec: CiliumSpec, path: string, context: PolicyContext, target: Target): void {
  const scope: Scope = {
    namespace: context.namespace,
    clusterName: context.profile.clusterName,
    nodeLabels: context.profile.nodeSelectorLabels === true,
    init: hasKey(spec.endpointSelector ?? [], 'init', ['reserved']),
  };
  const subjects =
    spec.nodeSelector === undefined
      ? subjectEndpoints(spec.endpointSelector ?? [], scope)
      : subjectNodes(spec.nodeSelector);
  const lists = listsOf(spec);
  lintSpec(spec, path, subjects, context);
  const overall = unknownFields(context, path, (at) => lists.some(({ field }) => at.startsWith(`${path}.${field}[`)));
  for (const direction of ['ingress', 'egress'] as const) {
    const here = lists.filter((list) => list.direction === direction);
    if (isolates(spec, direction, context) && here.some(({ items }) => items.length > 0)) {
      target.isolations.push({ policy: context.policy.ref, path, direction, subjects, ...unknownPart(overall) });
    }
    for (const list of here) translateList(list, { path, subjects, scope, overall }, context, target);
  }
}

/** A direction with items has default deny, unless the body says otherwise and the agent heeds it. */
function isolates(spec: CiliumSpec, direction: Direction, { profile }: PolicyContext): boolean {
  return !profile.nonDefaultDeny || spec.enableDefaultDeny?.[direction] !== false;
}

function authenticated(mode: string | undefined): boolean {
  return mode !== undefined && mode !== 'disabled';
}

function listsOf(spec: CiliumSpec): readonly ItemList[] {
  return [
    {
      field: 'ingress',
      direction: 'ingress',
      items: (spec.ingress ?? []).map((item) => ({
        peers: ingressPeers(item),
        ports: item,
        authenticated: authenticated(item.authentication?.mode),
      })),
    },
    {
      field: 'ingressDeny',
      direction: 'ingress',
      items: (spec.ingressDeny ?? []).map((item) => ({ peers: ingressPeers(item), ports: item, authenticated: false })),
    },
    {
      field: 'egress',
      direction: 'egress',
      items: (spec.egress ?? []).map((item) => ({
        peers: egressPeers(item),
        ports: item,
        authenticated: authenticated(item.authentication?.mode),
      })),
    },
    {
      field: 'egressDeny',
      direction: 'egress',
      items: (spec.egressDeny ?? []).map((item) => ({ peers: egressPeers(item), ports: item, authenticated: false })),
    },
  ];
}

interface Body {
  readonly path: string;
  readonly subjects: Selector;
  readonly scope: Scope;
  readonly overall: readonly Cause[];
}

function translateList(list: ItemList, body: Body, context: PolicyContext, target: Target): void {
  const action = list.field.endsWith('Deny') ? 'deny' : 'allow';
  for (const [index, item] of list.items.entries()) {
    const path = `${body.path}.${list.field}[${index}]`;
    const causes = [...body.overall, ...unknownFields(context, path, isRequestField)];
    const peers = peersOf(item.peers, path, body.scope, context);
    const groups = portGroups(item.ports, path, context);
    lintItem(
      { path, action, open: peers.kind === 'open', withoutPorts: groups.every(({ ports }) => ports === 'all') },
      context,
    );
    if (item.authenticated) causes.push(authenticationCause(path));
    causes.push(...peers.unknown);
    const about = { policy: context.policy.ref, direction: list.direction, tier: 'normal', order: 0, action } as const;
    const strangers = unknownFields(context, path, (at) => !isPeerField(at, path));
    // Kinds of peers are alternatives: one that the engine does not know may be anybody.
    if (strangers.length > 0) {
      const rest = { path: `${path}.*`, subjects: body.subjects, ports: portsOf(groups), unknown: strangers };
      target.rules.push({ ...about, ...rest, peers: [{ kind: 'everything' }] });
    }
    for (const group of groups) {
      const nobody = peers.kind === 'nobody' || (peers.kind === 'open' && group.ports === 'all');
      const none = nobody || (group.ports !== 'all' && group.ports.length === 0);
      target.rules.push({
        ...about,
        path: group.path,
        subjects: body.subjects,
        peers: none ? [] : peers.kind === 'open' ? [{ kind: 'everything' }] : peers.terms,
        ports: group.ports,
        ...(group.layer7 === undefined ? {} : { layer7: group.layer7 }),
        ...unknownPart(causes),
      });
    }
  }
}

/** Whether a path is that of a kind of peers of an item (`fromX`, `toX`). Groups are unsupported, too, but known to be addresses. */
function isPeerField(at: string, item: string): boolean {
  return /^\.(from|to)(?!Groups$)[A-Z]\w*$/.test(at.slice(item.length));
}

function portsOf(groups: readonly Pick<Rule, 'ports'>[]): Rule['ports'] {
  const ports: PortTerm[] = [];
  for (const group of groups) {
    if (group.ports === 'all') return 'all';
    ports.push(...group.ports);
  }
  return ports;
}

/**
 * Traffic passes only once both ends have authenticated each other, and never where mutual authentication is switched off,
 * as it is by default (mesh-auth-enabled; deprecated in v1.20). No record of traffic shows it.
 */
function authenticationCause(path: string): Cause {
  return {
    code: 'unsupported',
    message: `${path}.authentication: allowed only once both ends have authenticated each other, which can't be told`,
  };
}

function unknownPart(causes: readonly Cause[]): { readonly unknown?: readonly Cause[] } {
  return causes.length === 0 ? {} : { unknown: causes };
}
