import { parseCidr } from '../../address/cidr.ts';
import type { Cidr, AddressRange } from '../../address/cidr.ts';
import { ADDRESS_MAX } from '../../address/address.ts';
import type { Address, AddressFamily } from '../../address/address.ts';

/**
 * Both address spaces cut at the edges of blocks: no block holds only a part of an interval. Two blocks are disjoint or
 * one holds the other, so the innermost block around an address tells which blocks hold it.
 */
export class BlockPartition {
  readonly #spaces: Readonly<Record<AddressFamily, Space>>;

  /** Blocks as text; what is no block is left out. */
  constructor(blocks: Iterable<string>) {
    const parsed: Record<AddressFamily, Map<string, Cidr>> = { 4: new Map(), 6: new Map() };
    for (const text of blocks) {
      const block = parseCidr(text);
      if (block !== undefined) parsed[block.family].set(`${block.first}/${block.prefix}`, block);
    }
    this.#spaces = { 4: cut(4, [...parsed[4].values()]), 6: cut(6, [...parsed[6].values()]) };
  }

  /** Number of the interval that holds an address, counted within its family. */
  intervalOf({ family, value }: Address): number {
    const { starts } = this.#spaces[family];
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] ?? 0n) <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Equal for two addresses of a family exactly when the same blocks hold them. */
  classOf(address: Address): number {
    return this.#spaces[address.family].innermost[this.intervalOf(address)] ?? 0;
  }

  /** All intervals of a family in order. Together they are its whole space. */
  intervals(family: AddressFamily): AddressRange[] {
    const { starts } = this.#spaces[family];
    return starts.map((first, index) => {
      const next = starts[index + 1];
      return { family, first, last: next === undefined ? ADDRESS_MAX[family] : next - 1n };
    });
  }

  /** Whether no edge of these blocks lies inside of an interval of this partition. */
  holds(blocks: Iterable<string>): boolean {
    for (const text of blocks) {
      const block = parseCidr(text);
      if (block === undefined) continue;
      const { family, first, last } = block;
      const { starts } = this.#spaces[family];
      if (starts[this.intervalOf({ family, value: first })] !== first) return false;
      if (last < ADDRESS_MAX[family] && starts[this.intervalOf({ family, value: last + 1n })] !== last + 1n)
        return false;
    }
    return true;
  }
}

/** First addresses of the intervals, and for each the number of the innermost block around it (0: none). */
interface Space {
  readonly starts: readonly bigint[];
  readonly innermost: readonly number[];
}

function cut(family: AddressFamily, blocks: readonly Cidr[]): Space {
  const sorted = blocks.toSorted((a, b) => (a.first === b.first ? a.prefix - b.prefix : a.first < b.first ? -1 : 1));
  const starts: bigint[] = [0n];
  const innermost: number[] = [0];
  const begin = (at: bigint, id: number): void => {
    if (at > ADDRESS_MAX[family]) return;
    if (starts.at(-1) === at) {
      innermost[innermost.length - 1] = id;
    } else {
      starts.push(at);
      innermost.push(id);
    }
  };
  const around: { last: bigint; id: number }[] = [];
  const closeUntil = (first: bigint): void => {
    for (let top = around.at(-1); top !== undefined && top.last < first; top = around.at(-1)) {
      around.pop();
      begin(top.last + 1n, around.at(-1)?.id ?? 0);
    }
  };
  for (const [index, { first, last }] of sorted.entries()) {
    closeUntil(first);
    begin(first, index + 1);
    around.push({ last, id: index + 1 });
  }
  closeUntil(ADDRESS_MAX[family] + 1n);
  return { starts, innermost };
}
