import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_MAX, addressText, canonicalAddress, compareAddresses, parseAddress } from './address.ts';
import type { Address } from './address.ts';

const addresses: fc.Arbitrary<Address> = fc.oneof(
  fc.bigInt({ min: 0n, max: ADDRESS_MAX[4] }).map((value) => ({ family: 4 as const, value })),
  fc.bigInt({ min: 0n, max: ADDRESS_MAX[6] }).map((value) => ({ family: 6 as const, value })),
  // Few set groups: long runs of zeros.
  fc
    .array(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn })), { minLength: 8, maxLength: 8 })
    .map((groups) => ({ family: 6 as const, value: groups.reduce((sum, group) => (sum << 16n) | group, 0n) })),
);

describe('addresses', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['::ffff:a00:1', '::ffff:10.0.0.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('given %s, when it is made canonical, then it reads %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.01',
    '10.0.0.1.1',
    '10.0.0.1 ',
    '10.0.0.-1',
    '0x0a.0.0.1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '12345::',
    'fe80::1%eth0',
    '::10.0.0.1:1',
    '1.2.3.4::',
    '::10.0.0.256',
    ':1',
    '1:',
    'host',
  ])('given %j, which is no address, when it is read, then nothing is made up', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('given any address, when written and read, then it is the same', () => {
    fc.assert(
      fc.property(addresses, (address) => {
        expect(parseAddress(addressText(address))).toEqual(address);
      }),
    );
  });

  it('given any text, when read, then it agrees with node about what is an address', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('0', '1', '25', '9', 'a', 'f', ':', '::', '.'), maxLength: 20 }),
      fc.string({ maxLength: 50 }),
      addresses.map(addressText),
    );
    fc.assert(
      fc.property(text, (each) => {
        expect(parseAddress(each)?.family ?? 0).toBe(each.includes('%') ? 0 : isIP(each));
      }),
      { numRuns: 1000 },
    );
  });

  it('given addresses of both families, when ordered, then IPv4 comes first, each by number', () => {
    const ordered = ['::1', '10.0.0.2', '9.0.0.1', '::']
      .flatMap((text) => parseAddress(text) ?? [])
      .toSorted(compareAddresses);
    expect(ordered.map(addressText)).toEqual(['9.0.0.1', '10.0.0.2', '::', '::1']);
  });
});
