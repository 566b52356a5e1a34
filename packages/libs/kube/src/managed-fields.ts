import { endOfBrackets, findValue } from './json-scan.ts';

const OPEN_BRACKET = 0x5b;

/**
 * The text of an object whose metadata is at `metadataPath`, with `metadata.managedFields` emptied, so that JSON.parse
 * never sees it: it is 43 % of a usual Pod (measured for one of 10 KB: 44 µs with it, 26 µs without).
 * A text without it, or one that is not JSON so far, comes back whole for JSON.parse to judge.
 */
export function withoutManagedFields(bytes: Buffer, metadataPath: readonly string[]): string {
  const open = findValue(bytes, [...metadataPath, 'managedFields']);
  if (open < 0 || bytes[open] !== OPEN_BRACKET) return bytes.toString('utf8');
  const close = endOfBrackets(bytes, open);
  if (close < 0) return bytes.toString('utf8');
  return bytes.toString('utf8', 0, open + 1) + bytes.toString('utf8', close);
}
