import { problemsUnder } from '../../parse/read-spec.ts';
import type { Layer7 } from '../layer7.ts';
import type { PortTerm } from '../rule.ts';
import { ineffective, report, unknownFields } from './context.ts';
import type { PolicyContext } from './context.ts';
import { ICMP_TYPE_MAX, icmpType } from './icmp-types.ts';
import { layer7Of } from './layer7-rules.ts';
import { portTerms, readPort } from './ports.ts';
import { PORTLESS_PROTOCOLS } from './sanitize.ts';
import type { CiliumPort, IcmpRules, PortRule } from './schema.ts';

/** Some of an item's ports, with what requests to them must look like. */
export interface PortGroup {
  readonly path: string;
  readonly ports: 'all' | readonly PortTerm[];
  readonly layer7?: Layer7;
}

/** The part of an item that is about ports. */
export interface ItemPorts {
  readonly toPorts?: readonly PortRule[] | undefined;
  readonly icmps?: IcmpRules;
}

/**
 * Translates the ports of one item: one group for all that requests may be anything to, and one for each element of toPorts
 * that looks at requests. Without ports, every protocol and port. Elements without ports select nothing.
 */
export function portGroups({ toPorts = [], icmps = [] }: ItemPorts, path: string, context: PolicyContext): PortGroup[] {
  if (toPorts.length === 0 && icmps.length === 0) return [{ path, ports: 'all' }];
  const plain: PortTerm[] = [];
  const judged: PortGroup[] = [];
  for (const [index, rule] of toPorts.entries()) {
    const at = `${path}.toPorts[${index}]`;
    if ((rule.ports ?? []).length === 0) ineffective(context, at, 'names no port: it matches nothing');
    const ports = (rule.ports ?? []).flatMap((port, place) => termsOf(port, `${at}.ports[${place}]`, context));
    reportGone(rule, at, context);
    const layer7 = layer7Of(rule, unknownFields(context, `${at}.rules`, isGone));
    if (layer7 === undefined) plain.push(...ports);
    else judged.push({ path: at, ports, layer7 });
  }
  for (const [index, { fields = [] }] of icmps.entries()) {
    const at = `${path}.icmps[${index}]`;
    if (fields.length === 0) ineffective(context, at, 'names no type: it matches nothing');
    plain.push(...fields.flatMap((field, place) => typeTerms(field, `${at}.fields[${place}]`, context)));
  }
  const { length } = judged;
  return [...(plain.length > 0 || length === 0 ? [{ path, ports: plain }] : []), ...judged];
}

/** Whether a field that the engine does not know is one that only requests are judged by. */
export function isRequestField(path: string): boolean {
  return /\.toPorts\[\d+\]\.rules(?:$|[.[])/.test(path);
}

const isGone = (path: string): boolean => /\.rules\.(kafka|l7proto|l7)$/.test(path);

function reportGone({ rules }: PortRule, path: string, context: PolicyContext): void {
  for (const field of ['kafka', 'l7proto', 'l7'] as const) {
    if (rules?.[field] === undefined) continue;
    const at = `${path}.rules.${field}`;
    if (problemsUnder(context.problems, at, 'unsupported').length > 0) continue;
    report(context, {
      severity: 'warning',
      code: 'unsupported',
      path: at,
      message: 'layer 7 rules of this protocol are not evaluated (cilium v1.20 has none): requests are unknown',
    });
  }
}

function termsOf(port: CiliumPort, path: string, context: PolicyContext): readonly PortTerm[] {
  const { sctp } = context.profile;
  const protocol = (port.protocol ?? '').toUpperCase();
  const number = readPort(port.port ?? '');
  if (protocol === 'SCTP' && !sctp) {
    ineffective(context, path, 'SCTP is not enabled in this profile (enable-sctp): the port matches nothing');
  }
  if (PORTLESS_PROTOCOLS.includes(protocol)) {
    const message = `the engine does not judge ${protocol}`;
    report(context, { severity: 'info', code: 'unsupported', path, message });
  }
  const { endPort = 0 } = port;
  if (endPort > 0 && (typeof number !== 'number' || number === 0 || endPort < number)) {
    const message = 'counts only behind a port number other than 0 that is not above it';
    ineffective(context, `${path}.endPort`, message);
  }
  return portTerms(port, { sctp });
}

function typeTerms(
  { family = 'IPv4', type }: { readonly family?: 'IPv4' | 'IPv6' | undefined; readonly type: number | string },
  path: string,
  context: PolicyContext,
): readonly PortTerm[] {
  const number = icmpType(family, type);
  if (number === undefined) return [];
  const protocol = family === 'IPv4' ? 'ICMP' : 'ICMPv6';
  if (number !== 0) return [{ protocol, from: number, to: number }];
  // Type 0 is written to the policy map as port 0, which stands for all of them.
  ineffective(context, path, 'type 0 matches every type: Cilium can not tell it from no type');
  return [{ protocol, from: 0, to: ICMP_TYPE_MAX }];
}
