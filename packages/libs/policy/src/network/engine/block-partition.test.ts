import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_MAX, parseAddress } from '../../address/address.ts';
import type { Address } from '../../address/address.ts';
import { blockOf, cidrText, parseCidr, rangeContains, rangeText } from '../../address/cidr.ts';
import { BlockPartition } from './block-partition.ts';

/** Few bits set, so that blocks nest and touch often. */
const anyAddress = fc.oneof(
  fc.integer({ min: 0, max: 0xff }).map((value): Address => ({ family: 4, value: BigInt(value) << 24n })),
  fc.bigInt({ min: 0n, max: ADDRESS_MAX[4] }).map((value): Address => ({ family: 4, value })),
  fc.bigInt({ min: 0n, max: ADDRESS_MAX[6] }).map((value): Address => ({ family: 6, value })),
);
const anyBlock = fc
  .tuple(anyAddress, fc.integer({ min: 0, max: 32 }))
  .map(([address, prefix]) => blockOf(address, prefix))
  .map((block) => (block === undefined ? '0.0.0.0/0' : cidrText(block)));

describe('partition of the address spaces', () => {
  it('given a block with a hole, then cuts around both', () => {
    const partition = new BlockPartition(['10.0.0.0/8', '10.1.0.0/16']);
    expect(partition.intervals(4).map(rangeText)).toEqual([
      '0.0.0.0-9.255.255.255',
      '10.0.0.0/16',
      '10.1.0.0/16',
      '10.2.0.0-10.255.255.255',
      '11.0.0.0-255.255.255.255',
    ]);
    expect(partition.intervals(6).map(rangeText)).toEqual(['::/0']);
  });

  it('given any blocks, then the intervals follow each other from the first to the last address', () => {
    fc.assert(
      fc.property(fc.array(anyBlock, { maxLength: 12 }), (blocks) => {
        const partition = new BlockPartition(blocks);
        for (const family of [4, 6] as const) {
          const intervals = partition.intervals(family);
          let next = 0n;
          for (const { first, last } of intervals) {
            expect(first).toBe(next);
            expect(last >= first).toBe(true);
            next = last + 1n;
          }
          expect(next).toBe(ADDRESS_MAX[family] + 1n);
        }
        expect(partition.holds(blocks)).toBe(true);
      }),
    );
  });

  it('given any blocks, then two addresses share a class exactly when the same blocks hold them', () => {
    fc.assert(
      fc.property(fc.array(anyBlock, { maxLength: 12 }), anyAddress, anyAddress, (blocks, a, b) => {
        fc.pre(a.family === b.family);
        const partition = new BlockPartition(blocks);
        const around = (address: Address): string =>
          blocks.filter((text) => rangeContains(parseCidr(text) ?? { family: 4, first: 1n, last: 0n }, address)).join();
        expect(partition.classOf(a) === partition.classOf(b)).toBe(around(a) === around(b));
        const interval = partition.intervals(a.family)[partition.intervalOf(a)];
        expect(interval !== undefined && rangeContains(interval, a)).toBe(true);
      }),
    );
  });

  it('given a block that cuts an interval, then does not hold it', () => {
    const partition = new BlockPartition(['10.0.0.0/8']);
    expect(partition.holds(['10.1.0.0/16'])).toBe(false);
    expect(partition.holds(['10.0.0.0/8', '::/0'])).toBe(true);
    expect(parseAddress('10.0.0.1') && partition.intervalOf({ family: 4, value: 10n << 24n })).toBe(1);
  });
});
