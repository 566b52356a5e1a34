import type { Protocol } from '../../model/cluster.ts';
import type { PortTerm } from '../rule.ts';
import { MAYBE, NO, YES } from './label-index.ts';
import type { Match } from './label-index.ts';
import type { UniversePeer } from './universe-peer.ts';

/** Protocols in the order of segments. */
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6'] as const satisfies readonly Protocol[];

/** The ports of a protocol, both included; message types for ICMP. */
export const PORTS_OF: Readonly<Record<Protocol, { readonly from: number; readonly to: number }>> = {
  TCP: { from: 1, to: 65_535 },
  UDP: { from: 1, to: 65_535 },
  SCTP: { from: 1, to: 65_535 },
  ICMP: { from: 0, to: 255 },
  ICMPv6: { from: 0, to: 255 },
};

/** The destination as far as ports need it. */
export type PortOwner = Pick<UniversePeer, 'namedPorts' | 'namedPortsKnown'>;

/** Whether a rule's ports hold a port of the destination. */
export function matchPorts(terms: 'all' | readonly PortTerm[], protocol: Protocol, port: number, of: PortOwner): Match {
  if (terms === 'all') return YES;
  let match: Match = NO;
  for (const term of terms) {
    if ('name' in term) {
      const named = matchName(term, protocol, port, of);
      if (named === YES) return YES;
      if (named === MAYBE) match = MAYBE;
    } else if (ofProtocol(term.protocol, protocol) && term.from <= port && port <= term.to) {
      return YES;
    }
  }
  return match;
}

function matchName(
  { protocol: wanted, name }: Extract<PortTerm, { name: string }>,
  protocol: Protocol,
  port: number,
  { namedPorts, namedPortsKnown }: PortOwner,
): Match {
  if (!ofProtocol(wanted, protocol)) return NO;
  for (const known of namedPorts.get(name) ?? []) {
    if (known.protocol === protocol && known.port === port) return YES;
  }
  return namedPortsKnown ? NO : MAYBE;
}

/** Adds the ports at which the answer of these terms can change, and those right behind. */
export function addEdges(
  terms: 'all' | readonly PortTerm[],
  protocol: Protocol,
  of: PortOwner,
  edges: Set<number>,
): void {
  if (terms === 'all') return;
  for (const term of terms) {
    if (!ofProtocol(term.protocol, protocol)) continue;
    if ('name' in term) {
      for (const known of of.namedPorts.get(term.name) ?? []) {
        if (known.protocol === protocol) edges.add(known.port).add(known.port + 1);
      }
    } else {
      edges.add(term.from).add(term.to + 1);
    }
  }
}

function ofProtocol(wanted: Protocol | 'any', protocol: Protocol): boolean {
  return wanted === protocol || (wanted === 'any' && protocol !== 'ICMP' && protocol !== 'ICMPv6');
}
