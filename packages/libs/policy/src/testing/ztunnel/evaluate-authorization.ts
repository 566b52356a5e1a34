import { z } from 'zod';
import { parseAddress } from '../../address/address.ts';
import type { Address } from '../../address/address.ts';
import { blockOf, rangeContains } from '../../address/cidr.ts';

// What ztunnel does with the policies that istiod gives it, written after ztunnel's src/rbac.rs: a second opinion for tests.

const stringMatch = z.strictObject({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  suffix: z.string().optional(),
  presence: z.strictObject({}).optional(),
});
const address = z.strictObject({ address: z.string(), length: z.number().default(0) });
const account = z.strictObject({ namespace: z.string().default(''), serviceAccount: z.string().default('') });
const strings = z.array(stringMatch).default([]);
const accounts = z.array(account).default([]);
const addresses = z.array(address).default([]);
const ports = z.array(z.number()).default([]);

const match = z.strictObject({
  namespaces: strings,
  not_namespaces: strings,
  service_accounts: accounts,
  not_service_accounts: accounts,
  principals: strings,
  not_principals: strings,
  source_ips: addresses,
  not_source_ips: addresses,
  destination_ips: addresses,
  not_destination_ips: addresses,
  destination_ports: ports,
  not_destination_ports: ports,
});

/** istio.security.Authorization in its JSON form. */
export const authorizationSchema = z.strictObject({
  name: z.string(),
  namespace: z.string().default(''),
  scope: z.enum(['GLOBAL', 'NAMESPACE', 'WORKLOAD_SELECTOR']).default('GLOBAL'),
  action: z.enum(['ALLOW', 'DENY']).default('ALLOW'),
  groups: z
    .array(
      z.strictObject({
        rules: z.array(z.strictObject({ matches: z.array(match).default([]) })).default([]),
      }),
    )
    .default([]),
  dry_run: z.boolean().default(false),
});

/** A policy as ztunnel has it. */
export type Authorization = z.infer<typeof authorizationSchema>;

/** A connection as ztunnel sees it. */
export interface Connection {
  /** Without `spiffe://`. */
  readonly principal: string | undefined;
  readonly sourceIp: string;
  readonly destinationIp: string;
  readonly port: number;
}

/** Any DENY that matches denies; without ALLOW policies, or by one that matches, the rest is allowed. */
export function ztunnelAllows(policies: readonly Authorization[], connection: Connection): boolean {
  const enforced = policies.filter(({ dry_run }) => !dry_run);
  if (enforced.some((each) => each.action === 'DENY' && matches(each, connection))) return false;
  const allows = enforced.filter(({ action }) => action === 'ALLOW');
  return allows.length === 0 || allows.some((each) => matches(each, connection));
}

function matches({ groups }: Authorization, connection: Connection): boolean {
  return groups.some(({ rules }) => rules.every((rule) => clauseMatches(rule.matches, connection)));
}

function clauseMatches(
  items: readonly z.infer<typeof match>[],
  { principal = '', sourceIp, destinationIp, port }: Connection,
): boolean {
  if (items.length === 0) return true;
  const [, namespace = '', name = ''] = /^[^/]+\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal) ?? [];
  return items.some((item) => {
    if (Object.values(item).every((values) => values.length === 0)) return false;
    return (
      pair(item.destination_ips, item.not_destination_ips, (each) => holds(each, destinationIp)) &&
      pair(item.source_ips, item.not_source_ips, (each) => holds(each, sourceIp)) &&
      pair(item.destination_ports, item.not_destination_ports, (each) => each === port) &&
      pair(
        item.service_accounts,
        item.not_service_accounts,
        (each) => principal !== '' && each.namespace === namespace && each.serviceAccount === name,
      ) &&
      pair(item.principals, item.not_principals, (each) => principal !== '' && textMatches(each, principal)) &&
      pair(item.namespaces, item.not_namespaces, (each) => textMatches(each, namespace))
    );
  });
}

function pair<T>(positive: readonly T[], negative: readonly T[], is: (value: T) => boolean): boolean {
  return (positive.length === 0 || positive.some(is)) && !negative.some(is);
}

function textMatches({ exact, prefix, suffix }: z.infer<typeof stringMatch>, text: string): boolean {
  if (exact !== undefined) return text === exact;
  if (prefix !== undefined) return text.startsWith(prefix);
  if (suffix !== undefined) return text.endsWith(suffix);
  return text !== '';
}

function holds({ address: bytes, length }: z.infer<typeof address>, ip: string): boolean {
  const raw = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  const value = raw.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const base: Address = { family: raw.length === 4 ? 4 : 6, value };
  const block = blockOf(base, length);
  const asked = parseAddress(ip);
  return block !== undefined && asked !== undefined && rangeContains(block, asked);
}
