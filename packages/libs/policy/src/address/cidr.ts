import { ADDRESS_BITS, ADDRESS_MAX, addressText, parseAddress } from './address.ts';
import type { Address, AddressFamily } from './address.ts';

/** Addresses of one family from `first` to `last`, both included. */
export interface AddressRange {
  readonly family: AddressFamily;
  readonly first: bigint;
  readonly last: bigint;
}

/** A block of addresses: all that share the first `prefix` bits. */
export interface Cidr extends AddressRange {
  readonly prefix: number;
}

/** Reads `address/prefix`. Bits behind the prefix may be set, as Kubernetes and Cilium allow it; they are cut off. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const prefixText = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9][0-9]{0,2})$/.test(prefixText)) return undefined;
  return blockOf(address, Number(prefixText));
}

/** Reads `address/prefix`, or an address alone, which is the block of just that address (as Cilium's CIDR rules allow). */
export function parseCidrOrAddress(text: string): Cidr | undefined {
  const address = parseAddress(text);
  return address === undefined ? parseCidr(text) : blockOf(address, ADDRESS_BITS[address.family]);
}

/** The block of a prefix length that holds an address; undefined when the prefix is longer than an address. */
export function blockOf({ family, value }: Address, prefix: number): Cidr | undefined {
  const bits = ADDRESS_BITS[family];
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > bits) return undefined;
  const host = (1n << BigInt(bits - prefix)) - 1n;
  const first = value & (ADDRESS_MAX[family] ^ host);
  return { family, first, last: first | host, prefix };
}

/** Canonical text: the first address and the prefix length. */
export function cidrText({ family, first, prefix }: Cidr): string {
  return `${addressText({ family, value: first })}/${prefix}`;
}

/** Canonical text of a block given as text; undefined when it is none. */
export function canonicalCidr(text: string): string | undefined {
  const cidr = parseCidr(text);
  return cidr === undefined ? undefined : cidrText(cidr);
}

/** A range as text: as CIDR where it is exactly one block, else `first-last`. */
export function rangeText(range: AddressRange): string {
  const [only, ...rest] = rangeToCidrs(range);
  if (only !== undefined && rest.length === 0) return cidrText(only);
  const { family, first, last } = range;
  return `${addressText({ family, value: first })}-${addressText({ family, value: last })}`;
}

/** Reads what {@link rangeText} writes. */
export function parseRange(text: string): AddressRange | undefined {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return { family: cidr.family, first: cidr.first, last: cidr.last };
  const [firstText = '', lastText = '', ...rest] = text.split('-');
  const first = parseAddress(firstText);
  const last = parseAddress(lastText);
  if (first === undefined || last === undefined || rest.length > 0) return undefined;
  if (first.family !== last.family || first.value > last.value) return undefined;
  return { family: first.family, first: first.value, last: last.value };
}

/** The fewest blocks that together are exactly the range, in order; empty for a range that ends before it begins. */
export function rangeToCidrs({ family, first, last }: AddressRange): Cidr[] {
  const bits = ADDRESS_BITS[family];
  const cidrs: Cidr[] = [];
  let at = first;
  while (at <= last) {
    let hostBits = 0;
    // Grows the block while it stays aligned at its first address and inside of the range.
    while (hostBits < bits) {
      const size = 1n << BigInt(hostBits + 1);
      if (at % size !== 0n || at + size - 1n > last) break;
      hostBits += 1;
    }
    const end = at + (1n << BigInt(hostBits)) - 1n;
    cidrs.push({ family, first: at, last: end, prefix: bits - hostBits });
    at = end + 1n;
  }
  return cidrs;
}

/** Whether a range or block holds an address. */
export function rangeContains(range: AddressRange, { family, value }: Address): boolean {
  return range.family === family && range.first <= value && value <= range.last;
}

/** Whether a range holds all of another. */
export function rangeCovers(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}
