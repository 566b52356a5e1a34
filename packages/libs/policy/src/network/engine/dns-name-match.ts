import { matchesDnsPattern, plainName } from '../dns-pattern.ts';
import type { PeerTerm } from '../rule.ts';
import { MAYBE, NO, YES } from './label-index.ts';
import type { Match } from './label-index.ts';
import type { UniversePeer } from './universe-peer.ts';

/** A peer term by DNS names. */
export type NameTerm = Extract<PeerTerm, { kind: 'names' }>;

/**
 * Whether DNS answered an address for one of a term's names. Only addresses outside of the cluster can match: Cilium learns
 * names for CIDR identities, which pods and nodes never have; their peers say that they have no names.
 */
export function matchName({ exact, pattern }: NameTerm, { dnsNames }: UniversePeer): Match {
  if (dnsNames === undefined) return MAYBE;
  const fits = (name: string): boolean =>
    exact === undefined ? matchesDnsPattern(pattern ?? '', name) : plainName(exact) === plainName(name);
  return dnsNames.some(fits) ? YES : NO;
}
