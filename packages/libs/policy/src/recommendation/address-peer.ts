import { addressText } from '../address/address.ts';
import { blockOf, cidrText, parseCidr } from '../address/cidr.ts';
import type { ExpressionContext } from './expression.ts';
import type { Generalisation } from './recommendation.ts';
import type { PeerScope } from './scope.ts';

/** Addresses outside of the cluster as a peer: as they were seen, or in the blocks that were asked for. */
export function addressPeer(
  cidr: string,
  { blocks }: Pick<ExpressionContext, 'blocks'>,
): { readonly peer: PeerScope; readonly widened: readonly Generalisation[] } {
  const seen = parseCidr(cidr);
  const prefix = seen && blocks[seen.family];
  if (seen === undefined || prefix === undefined || prefix >= seen.prefix) {
    return { peer: { kind: 'addresses', cidr }, widened: [] };
  }
  const first = { family: seen.family, value: seen.first };
  const block = blockOf(first, prefix);
  if (block === undefined) return { peer: { kind: 'addresses', cidr }, widened: [] };
  const allowed = cidrText(block);
  return {
    peer: { kind: 'addresses', cidr: allowed },
    widened: [{ kind: 'block', observed: addressText(first), allowed, alsoReaches: [] }],
  };
}
