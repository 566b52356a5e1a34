/** 4 or 6. */
export type AddressFamily = 4 | 6;

/** An IP address as a number of its family: 0 to 2^32-1, or 0 to 2^128-1. */
export interface Address {
  readonly family: AddressFamily;
  readonly value: bigint;
}

/** Bits of an address. */
export const ADDRESS_BITS = { 4: 32, 6: 128 } as const;

/** The highest address of each family. */
export const ADDRESS_MAX: Readonly<Record<AddressFamily, bigint>> = { 4: (1n << 32n) - 1n, 6: (1n << 128n) - 1n };

/** Longest text of an IPv6 address with an IPv4 tail. */
const addressLengthMax = 45;

/**
 * Reads an address as Go's netip.ParseAddr does: no leading zeros in IPv4, IPv6 as in RFC 4291 section 2.2 with an
 * optional IPv4 tail. Zones are refused: an address of a pod or a policy has none. An IPv4-mapped IPv6 address stays IPv6.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > addressLengthMax) return undefined;
  if (text.includes(':')) {
    const value = parseIpv6(text);
    return value === undefined ? undefined : { family: 6, value };
  }
  const value = parseIpv4(text);
  return value === undefined ? undefined : { family: 4, value: BigInt(value) };
}

/** Canonical text: dotted decimal, or RFC 5952; IPv4-mapped addresses with their IPv4 tail. */
export function addressText({ family, value }: Address): string {
  return family === 4 ? ipv4Text(Number(value)) : ipv6Text(value);
}

/** Canonical text of an address given as text; undefined when it is none. */
export function canonicalAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : addressText(address);
}

/** Orders addresses: IPv4 before IPv6, then by number. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return undefined;
    const byte = Number(part);
    if (byte > 255) return undefined;
    value = value * 256 + byte;
  }
  return value;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [before = '', after] = halves;
  const head = parseGroups(before, after === undefined);
  const tail = after === undefined ? [] : parseGroups(after, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // "::" stands for at least one group; without it all eight must be there.
  if (after === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...tail].reduce(
    (value, group) => (value << 16n) | BigInt(group),
    0n,
  );
}

/** Groups of one side of "::"; the last one may be an IPv4 address (two groups) at the end of the whole text. */
function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (atEnd && index === parts.length - 1 && part.includes('.')) {
      const tail = parseIpv4(part);
      if (tail === undefined) return undefined;
      groups.push(Math.floor(tail / 65536), tail % 65536);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function ipv4Text(value: number): string {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function ipv6Text(value: bigint): string {
  if (value >> 32n === 0xffffn) return `::ffff:${ipv4Text(Number(value & 0xffffffffn))}`;
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  const run = longestZeroRun(groups);
  if (run.length < 2) return groupsText(groups);
  return `${groupsText(groups.slice(0, run.start))}::${groupsText(groups.slice(run.start + run.length))}`;
}

function groupsText(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

/** The first of the longest runs of zero groups (RFC 5952 section 4.2). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}
