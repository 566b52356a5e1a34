import { parseCidr, rangeContains } from '../../address/cidr.ts';
import type { Cidr } from '../../address/cidr.ts';
import type { AddressFamily } from '../../address/address.ts';
import { ENDPOINT_LABELS } from '../rule.ts';
import type { PeerTerm } from '../rule.ts';
import { MAYBE, NO, YES } from './label-index.ts';
import type { Match } from './label-index.ts';
import type { UniversePeer } from './universe-peer.ts';

const apiServer = ENDPOINT_LABELS.entity('kube-apiserver');

/** A peer term by addresses. */
export type AddressTerm = Extract<PeerTerm, { kind: 'addresses' }>;

/** An address term as numbers; undefined when its block is none. */
export interface Block {
  readonly cidr: Cidr;
  readonly except: readonly Cidr[];
  readonly reaches: AddressTerm['reaches'];
}

/** Reads a term's blocks. */
export function blockOfTerm({ cidr: text, except, reaches }: AddressTerm): Block | undefined {
  const cidr = parseCidr(text);
  return cidr && { cidr, except: except.flatMap((each) => parseCidr(each) ?? []), reaches };
}

/** What a block may match by its address, besides what is outside of the cluster. */
export function reachesPeer({ reaches }: Block, { kind, labels }: UniversePeer): boolean {
  switch (kind) {
    case 'range':
      return true;
    case 'pod':
      return reaches.pods;
    case 'node':
      return reaches.nodes;
    case 'reserved':
      return labels.has(apiServer) ? reaches.apiServer : reaches.pods;
  }
}

/**
 * Whether a peer's address lies in a block. Addresses that are not known are of the families that pods have here: a block
 * of a whole family holds them, of a smaller one it can't be told. Several addresses of one family (of a node): it can't be
 * told which one is used, unless all answer alike. Addresses of the other family match nothing.
 */
export function matchBlock(block: Block, peer: UniversePeer, families: ReadonlySet<AddressFamily>): Match {
  if (peer.anyone === true) return MAYBE;
  if (!reachesPeer(block, peer)) return NO;
  const { cidr, except } = block;
  if (peer.addresses.length === 0) {
    if (!families.has(cidr.family)) return NO;
    return isWholeFamily(block) ? YES : MAYBE;
  }
  const ofFamily = peer.addresses.filter(({ family }) => family === cidr.family);
  const inside = ofFamily.filter(
    (address) => rangeContains(cidr, address) && !except.some((each) => rangeContains(each, address)),
  );
  if (inside.length === 0) return NO;
  return inside.length === ofFamily.length ? YES : MAYBE;
}

/** A block of every address of a family. */
export function isWholeFamily({ cidr, except }: Block): boolean {
  return cidr.prefix === 0 && except.length === 0;
}
