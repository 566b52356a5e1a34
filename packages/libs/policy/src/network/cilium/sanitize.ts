import { z } from 'zod';
import { parseCidr, parseCidrOrAddress, rangeCovers } from '../../address/cidr.ts';
import { regexProblem } from '../regex.ts';
import { isEntity } from './entities.ts';
import { icmpType } from './icmp-types.ts';
import { readPort } from './ports.ts';

// The agent's checks of a rule, by field. Source: cilium v1.20 pkg/policy/api/rule_validation.go. What depends on options of
// the agent (fromNodes, host policies) is checked where the profile is known.

type Context = z.RefinementCtx;

interface CidrRuleLike {
  readonly cidr?: string | undefined;
  readonly cidrGroupRef?: string | undefined;
  readonly cidrGroupSelector?: unknown;
  readonly except?: readonly string[] | undefined;
}
interface PortLike {
  readonly port?: string | undefined;
  readonly endPort?: number | undefined;
  readonly protocol?: string | undefined;
}
interface HttpLike {
  readonly path?: string | undefined;
  readonly method?: string | undefined;
}
interface DnsLike {
  readonly matchName?: string | undefined;
  readonly matchPattern?: string | undefined;
}
interface PortRuleLike {
  readonly ports?: readonly PortLike[] | undefined;
  readonly terminatingTLS?: unknown;
  readonly serverNames?: readonly string[] | undefined;
  readonly listener?: { readonly name: string } | undefined;
  readonly rules?:
    | { readonly http?: readonly HttpLike[] | undefined; readonly dns?: readonly DnsLike[] | undefined }
    | undefined;
}
interface PeersLike {
  readonly fromEntities?: readonly string[] | undefined;
  readonly fromCIDR?: readonly string[] | undefined;
  readonly fromCIDRSet?: readonly CidrRuleLike[] | undefined;
  readonly toEntities?: readonly string[] | undefined;
  readonly toCIDR?: readonly string[] | undefined;
  readonly toCIDRSet?: readonly CidrRuleLike[] | undefined;
}
interface ItemLike extends PeersLike {
  readonly toPorts?: readonly PortRuleLike[] | undefined;
  readonly icmps?:
    | readonly {
        readonly fields?:
          | readonly { readonly family?: 'IPv4' | 'IPv6' | undefined; readonly type: number | string }[]
          | undefined;
      }[]
    | undefined;
  readonly toFQDNs?: readonly DnsLike[] | undefined;
}
interface SpecLike {
  readonly endpointSelector?: unknown;
  readonly nodeSelector?: unknown;
  readonly ingress?: readonly ItemLike[] | undefined;
  readonly egress?: readonly ItemLike[] | undefined;
}

const peerFields = ['Endpoints', 'CIDR', 'CIDRSet', 'Entities', 'Nodes', 'Groups', 'Services', 'FQDNs'];
/** Protocols without ports that Cilium knows besides; the engine judges none of them. */
export const PORTLESS_PROTOCOLS = ['VRRP', 'IGMP', 'GRE', 'IPIP', 'IPV6', 'ESP', 'AH'];
const protocols = ['ANY', 'TCP', 'UDP', 'SCTP', ...PORTLESS_PROTOCOLS];

function issue(context: Context, path: PropertyKey[], message: string): void {
  context.addIssue({ code: 'custom', path, message });
}

/** A body: exactly one selector, no layer 7 rules on the host. */
export function checkSpec(spec: SpecLike, context: Context): void {
  if (spec.endpointSelector === undefined && spec.nodeSelector === undefined) {
    issue(context, [], 'must have one of endpointSelector or nodeSelector');
  }
  if (spec.nodeSelector === undefined) return;
  if (spec.endpointSelector !== undefined) issue(context, [], 'can not have both endpointSelector and nodeSelector');
  for (const [index, item] of (spec.ingress ?? []).entries()) {
    if (item.toPorts?.some(({ rules: l7 }) => layer7Count(l7) > 0) === true) {
      issue(context, ['ingress', index, 'toPorts'], 'layer 7 rules are not supported on host ingress');
    }
  }
  for (const [index, item] of (spec.egress ?? []).entries()) {
    if (item.toPorts?.some(({ rules: l7 }) => (l7?.http?.length ?? 0) > 0) === true) {
      issue(context, ['egress', index, 'toPorts'], 'HTTP rules are not supported on host egress');
    }
  }
}

/** An item of `ingress`. */
export function checkIngress(item: ItemLike, context: Context): void {
  checkPeers(item, context);
  checkPorts(item, context);
  for (const [index, rule] of (item.toPorts ?? []).entries()) {
    const path = ['toPorts', index];
    if ((rule.rules?.dns?.length ?? 0) > 0)
      issue(context, [...path, 'rules', 'dns'], 'DNS rules are not allowed on ingress');
    if (rule.listener !== undefined) issue(context, [...path, 'listener'], 'a listener is not allowed on ingress');
    checkPortRule(rule, path, context);
  }
}

/** An item of `egress`. */
export function checkEgress(item: ItemLike, context: Context): void {
  checkPeers(item, context);
  checkPorts(item, context);
  for (const [index, rule] of (item.toPorts ?? []).entries()) checkPortRule(rule, ['toPorts', index], context);
  for (const [index, { matchName, matchPattern }] of (item.toFQDNs ?? []).entries()) {
    if ((matchName ?? '') !== '' && (matchPattern ?? '') !== '') {
      issue(context, ['toFQDNs', index], 'only one of matchName or matchPattern is allowed');
    }
  }
}

/** An item of `ingressDeny` or `egressDeny`. */
export function checkDeny(item: ItemLike, context: Context): void {
  checkPeers(item, context);
  checkPorts(item, context);
}

function checkPeers(item: PeersLike, context: Context): void {
  const given = (['from', 'to'] as const).flatMap((prefix) =>
    peerFields.map((field) => prefix + field).filter((name) => countOf(item, name) > 0),
  );
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    issue(context, [second], `combining ${first} and ${second} is not supported`);
  }
  for (const prefix of ['from', 'to'] as const) {
    for (const [index, each] of (item[`${prefix}Entities`] ?? []).entries()) {
      if (!isEntity(each)) issue(context, [`${prefix}Entities`, index], `unsupported entity: ${each}`);
    }
    for (const [index, each] of (item[`${prefix}CIDR`] ?? []).entries()) {
      if (parseCidrOrAddress(each) === undefined) {
        issue(context, [`${prefix}CIDR`, index], 'must be an address or a CIDR');
      }
    }
    for (const [index, each] of (item[`${prefix}CIDRSet`] ?? []).entries()) {
      checkCidrRule(each, [`${prefix}CIDRSet`, index], context);
    }
  }
}

function countOf(item: object, name: string): number {
  const value: unknown = Reflect.get(item, name);
  return Array.isArray(value) ? value.length : 0;
}

function checkCidrRule(rule: CidrRuleLike, path: PropertyKey[], context: Context): void {
  const { cidr = '', cidrGroupRef = '', cidrGroupSelector, except } = rule;
  const given = [cidr !== '', cidrGroupRef !== '', cidrGroupSelector !== undefined].filter(Boolean).length;
  if (given !== 1) {
    issue(context, path, 'must have exactly one of cidr, cidrGroupRef or cidrGroupSelector');
    return;
  }
  const block = cidr === '' ? undefined : parseCidr(cidr);
  if (cidr !== '' && block === undefined) issue(context, [...path, 'cidr'], 'must be a CIDR');
  for (const [index, each] of (except ?? []).entries()) {
    const inner = parseCidr(each);
    if (inner === undefined) issue(context, [...path, 'except', index], 'must be a CIDR');
    else if (block !== undefined && !rangeCovers(block, inner)) {
      issue(context, [...path, 'except', index], `must lie within ${cidr}`);
    }
  }
}

function checkPorts(item: ItemLike, context: Context): void {
  if ((item.icmps?.length ?? 0) > 0 && (item.toPorts?.length ?? 0) > 0) {
    issue(context, ['icmps'], 'may only be present without toPorts; use a rule of its own for the ports');
  }
  for (const [index, { ports }] of (item.toPorts ?? []).entries()) {
    for (const [at, port] of (ports ?? []).entries()) checkPort(port, ['toPorts', index, 'ports', at], context);
  }
  for (const [index, { fields }] of (item.icmps ?? []).entries()) {
    for (const [at, { family, type }] of (fields ?? []).entries()) {
      if (icmpType(family ?? 'IPv4', type) !== undefined) continue;
      issue(context, ['icmps', index, 'fields', at, 'type'], `no ICMP type of ${family ?? 'IPv4'}`);
    }
  }
}

function checkPort({ port, protocol }: PortLike, path: PropertyKey[], context: Context): void {
  const kind = (protocol ?? 'ANY').toUpperCase();
  if (protocol !== undefined && protocol !== '' && !protocols.includes(kind)) {
    issue(context, [...path, 'protocol'], `must be one of ${protocols.join(', ')}`);
  }
  const read = readPort(port ?? '');
  if (read === undefined) {
    issue(context, [...path, 'port'], 'must be a number from 0 to 65535 or the name of a port');
  } else if (read !== 0 && typeof read === 'number' && PORTLESS_PROTOCOLS.includes(kind)) {
    issue(context, [...path, 'port'], `must be 0 with protocol ${kind}`);
  }
}

function checkPortRule(rule: PortRuleLike, path: PropertyKey[], context: Context): void {
  const { rules, ports = [] } = rule;
  if (layer7Count(rules) === 0) return;
  const dns = (rules?.dns?.length ?? 0) > 0;
  if ((rule.serverNames?.length ?? 0) > 0 && rule.terminatingTLS === undefined) {
    issue(context, [...path, 'serverNames'], 'are not allowed with layer 7 rules without TLS termination');
  }
  if (rule.listener !== undefined) issue(context, [...path, 'listener'], 'is not allowed with layer 7 rules');
  if (rules?.http !== undefined && rules.dns !== undefined) {
    issue(context, [...path, 'rules'], 'can only have layer 7 rules of one protocol');
  }
  if (rules?.dns !== undefined && ports.length === 0) {
    issue(context, [...path, 'ports'], 'port 53 must be specified for DNS rules');
  }
  for (const [index, port] of ports.entries()) {
    const at = [...path, 'ports', index];
    const number = readPort(port.port ?? '');
    if (number === 0) issue(context, [...at, 'port'], 'can not be 0 with layer 7 rules');
    if (!dns && (port.protocol ?? '').toUpperCase() !== 'TCP') {
      issue(context, [...at, 'protocol'], 'must be TCP with layer 7 rules other than DNS');
    }
    if (dns && typeof number === 'number' && (port.endPort ?? 0) > number) {
      issue(context, [...at, 'endPort'], 'DNS rules do not support port ranges');
    }
  }
  for (const [index, each] of (rules?.http ?? []).entries()) {
    for (const field of ['path', 'method'] as const) {
      const problem = regexProblem(each[field] ?? '');
      if (problem !== undefined) issue(context, [...path, 'rules', 'http', index, field], problem);
    }
  }
}

/** How many layer 7 rules there are; none means that none is enforced. */
export function layer7Count(rules: PortRuleLike['rules']): number {
  return (rules?.http?.length ?? 0) + (rules?.dns?.length ?? 0);
}
