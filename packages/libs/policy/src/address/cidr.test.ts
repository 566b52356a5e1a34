import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_BITS, ADDRESS_MAX, parseAddress } from './address.ts';
import type { AddressFamily } from './address.ts';
import {
  blockOf,
  canonicalCidr,
  cidrText,
  parseCidr,
  parseCidrOrAddress,
  parseRange,
  rangeContains,
  rangeCovers,
  rangeText,
  rangeToCidrs,
} from './cidr.ts';
import type { AddressRange } from './cidr.ts';

const families = fc.constantFrom<AddressFamily>(4, 6);
const cidrs = families.chain((family) =>
  fc
    .tuple(fc.bigInt({ min: 0n, max: ADDRESS_MAX[family] }), fc.integer({ min: 0, max: ADDRESS_BITS[family] }))
    .map(([value, prefix]) => ({ address: { family, value }, prefix })),
);
const ranges: fc.Arbitrary<AddressRange> = families.chain((family) =>
  fc
    .tuple(
      fc.bigInt({ min: 0n, max: ADDRESS_MAX[family] }),
      fc.oneof(fc.bigInt({ min: 0n, max: 1000n }), fc.bigInt({ min: 0n, max: ADDRESS_MAX[family] })),
    )
    .map(([first, size]) => ({
      family,
      first,
      last: first + size > ADDRESS_MAX[family] ? ADDRESS_MAX[family] : first + size,
    })),
);

describe('blocks of addresses', () => {
  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.0.0.1/32', '10.0.0.1/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::1/64', '2001:db8::/64'],
    ['::/0', '::/0'],
  ])('given %s, when it is made canonical, then it reads %s', (text, canonical) => {
    expect(canonicalCidr(text)).toBe(canonical);
  });

  it.each([
    '',
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '::/129',
    '/8',
    '10.0.0.0/8/8',
    'x/8',
  ])('given %j, which is no block, when it is read, then nothing is made up', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it('given an address alone, when a block or address is asked for, then it is the block of that address', () => {
    expect(parseCidrOrAddress('10.0.0.1')).toEqual(parseCidr('10.0.0.1/32'));
    expect(parseCidrOrAddress('::1')).toEqual(parseCidr('::1/128'));
    expect(parseCidrOrAddress('10.0.0.0/8')).toEqual(parseCidr('10.0.0.0/8'));
    expect(parseCidrOrAddress('10.0.0')).toBeUndefined();
  });

  it('given any block, when written and read, then it is the same, holds its address and ends where its size says', () => {
    fc.assert(
      fc.property(cidrs, ({ address, prefix }) => {
        const block = blockOf(address, prefix);
        expect(block).toBeDefined();
        if (block === undefined) return;
        expect(parseCidr(cidrText(block))).toEqual(block);
        expect(rangeContains(block, address)).toBe(true);
        expect(block.last - block.first + 1n).toBe(1n << BigInt(ADDRESS_BITS[address.family] - prefix));
        expect(block.first % (block.last - block.first + 1n)).toBe(0n);
      }),
    );
  });

  it('given any range, when cut into blocks, then they are exactly the range, in order, and no two could be one', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        const blocks = rangeToCidrs(range);
        let at = range.first;
        for (const block of blocks) {
          expect(block.first).toBe(at);
          expect(parseCidr(cidrText(block))).toEqual(block);
          at = block.last + 1n;
        }
        expect(at).toBe(range.last + 1n);
        for (const [index, block] of blocks.entries()) {
          const next = blocks[index + 1];
          if (next === undefined || next.prefix !== block.prefix) continue;
          const size = block.last - block.first + 1n;
          expect(block.first % (2n * size)).not.toBe(0n);
        }
      }),
    );
  });

  it('given any range, when written and read, then it is the same', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        expect(parseRange(rangeText(range))).toEqual(range);
      }),
    );
  });

  it('given ranges as text, when they are no range, then nothing is made up', () => {
    for (const text of ['', '-', '10.0.0.2-10.0.0.1', '10.0.0.1-::1', '10.0.0.1-10.0.0.2-10.0.0.3', '10.0.0.1']) {
      expect(parseRange(text)).toBeUndefined();
    }
    expect(rangeToCidrs({ family: 4, first: 2n, last: 1n })).toEqual([]);
  });

  it('given blocks of both families, when asked what they hold, then families never mix', () => {
    const four = parseCidr('0.0.0.0/0');
    const six = parseCidr('::/0');
    const one = parseAddress('::1');
    if (four === undefined || six === undefined || one === undefined) throw new Error('fixtures');
    expect(rangeContains(four, one)).toBe(false);
    expect(rangeContains(six, one)).toBe(true);
    expect(rangeCovers(six, four)).toBe(false);
    expect(rangeCovers(six, { family: 6, first: 1n, last: 2n })).toBe(true);
    expect(rangeCovers({ family: 6, first: 1n, last: 2n }, six)).toBe(false);
  });
});
