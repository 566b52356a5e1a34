import type { AddressFamily } from '../../address/address.ts';
import type { PeerIndex } from '../peer.ts';
import { matchBlock, reachesPeer } from './address-match.ts';
import type { Block } from './address-match.ts';
import { MAYBE, YES } from './label-index.ts';
import type { Selected } from './label-index.ts';
import { PeerSet } from './peer-set.ts';
import type { Universe } from './universe.ts';

/** Peers of a family by their one address, in its order. */
interface Sorted {
  readonly values: readonly bigint[];
  readonly peers: readonly PeerIndex[];
}

/** Finds the peers in a block by binary search; only those with no known or several addresses are looked at one by one. */
export class AddressIndex {
  readonly #universe: Universe;
  readonly #byAddress: Readonly<Record<AddressFamily, Sorted>>;
  /** Peers with no address or with several of one family. */
  readonly #others: readonly PeerIndex[];

  constructor(universe: Universe) {
    this.#universe = universe;
    const placed: Record<AddressFamily, { value: bigint; index: PeerIndex }[]> = { 4: [], 6: [] };
    const others: PeerIndex[] = [];
    for (const { addresses, index } of universe.peers.slice(0, universe.sealed)) {
      const families = new Set(addresses.map(({ family }) => family));
      if (addresses.length === 0 || families.size < addresses.length) others.push(index);
      else for (const { family, value } of addresses) placed[family].push({ value, index });
    }
    this.#others = others;
    this.#byAddress = { 4: sorted(placed[4]), 6: sorted(placed[6]) };
  }

  select(block: Block): Selected {
    const yes: PeerIndex[] = [];
    const maybe: PeerIndex[] = [];
    for (const index of this.#inside(block)) if (reachesPeer(block, this.#universe.peer(index))) yes.push(index);
    for (const index of this.#others) {
      const match = matchBlock(block, this.#universe.peer(index), this.#universe.families);
      if (match === YES) yes.push(index);
      else if (match === MAYBE) maybe.push(index);
    }
    return { yes: PeerSet.of(yes), maybe: PeerSet.of(maybe) };
  }

  /** Peers with one address in the block, without those in its exceptions. */
  #inside({ cidr, except }: Block): PeerIndex[] {
    const { values, peers } = this.#byAddress[cidr.family];
    const holes = except
      .filter(({ family }) => family === cidr.family)
      .toSorted((a, b) => (a.first === b.first ? 0 : a.first < b.first ? -1 : 1));
    const inside: PeerIndex[] = [];
    let from = firstAtLeast(values, cidr.first);
    const end = firstAtLeast(values, cidr.last + 1n);
    for (const hole of holes) {
      const until = Math.min(firstAtLeast(values, hole.first), end);
      for (; from < until; from += 1) inside.push(peers[from] ?? 0);
      from = Math.max(from, firstAtLeast(values, hole.last + 1n));
    }
    for (; from < end; from += 1) inside.push(peers[from] ?? 0);
    return inside;
  }
}

function sorted(placed: { readonly value: bigint; readonly index: PeerIndex }[]): Sorted {
  placed.sort((a, b) => (a.value === b.value ? a.index - b.index : a.value < b.value ? -1 : 1));
  return { values: placed.map(({ value }) => value), peers: placed.map(({ index }) => index) };
}

function firstAtLeast(values: readonly bigint[], wanted: bigint): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0n) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
