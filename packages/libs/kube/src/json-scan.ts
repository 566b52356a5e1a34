const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Index of the quote that ends the string starting at `open`; `bytes.length` when it is not there. */
export function endOfString(bytes: Buffer, open: number): number {
  for (let i = open + 1; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) i += 1;
  }
  return bytes.length;
}

/** Index of the bracket that closes the one at `open`; -1 when it is not there. Kinds of brackets are not told apart. */
export function endOfBrackets(bytes: Buffer, open: number): number {
  let depth = 0;
  for (let i = open; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfString(bytes, i);
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth += 1;
    else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return -1;
}

/**
 * Where the value at a path of keys begins; -1 when it is not there, or the text ends or stops being JSON before it.
 * Only what stands before the value is read. Keys are compared as bytes: one that is written with escapes is not found.
 */
export function findValue(bytes: Buffer, path: readonly string[]): number {
  let at = skipSpace(bytes, 0);
  for (const key of path) {
    if (bytes[at] !== OPEN_BRACE) return -1;
    at = findMember(bytes, at, key);
    if (at < 0) return -1;
  }
  return at;
}

/** The string at a path; undefined when there is none. */
export function readStringAt(bytes: Buffer, path: readonly string[]): string | undefined {
  const open = findValue(bytes, path);
  if (open < 0 || bytes[open] !== QUOTE) return undefined;
  const close = endOfString(bytes, open);
  // Names and types, which are read this way, have no escapes.
  if (close >= bytes.length || bytes.subarray(open, close).includes(BACKSLASH)) return undefined;
  return bytes.toString('utf8', open + 1, close);
}

/** Start of the named member's value in the object that opens at `open`; -1 when it has none. */
function findMember(bytes: Buffer, open: number, name: string): number {
  let at = skipSpace(bytes, open + 1);
  while (bytes[at] === QUOTE) {
    const keyEnd = endOfString(bytes, at);
    const colon = skipSpace(bytes, keyEnd + 1);
    if (bytes[colon] !== COLON) return -1;
    const value = skipSpace(bytes, colon + 1);
    if (keyEnd - at - 1 === name.length && bytes.toString('latin1', at + 1, keyEnd) === name)
      return value < bytes.length ? value : -1;
    const end = endOfValue(bytes, value);
    if (end < 0) return -1;
    const comma = skipSpace(bytes, end + 1);
    if (bytes[comma] !== COMMA) return -1;
    at = skipSpace(bytes, comma + 1);
  }
  return -1;
}

/** Index of the last byte of the value that begins at `start`; -1 when it is not there. */
function endOfValue(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfBrackets(bytes, start);
  if (first === QUOTE) {
    const end = endOfString(bytes, start);
    return end < bytes.length ? end : -1;
  }
  let i = start;
  while (i < bytes.length && bytes[i] !== COMMA && bytes[i] !== CLOSE_BRACE && bytes[i] !== CLOSE_BRACKET) i += 1;
  return i < bytes.length ? i - 1 : -1;
}

function skipSpace(bytes: Buffer, from: number): number {
  let i = from;
  while (bytes[i] === 0x20 || bytes[i] === 0x0a || bytes[i] === 0x0d || bytes[i] === 0x09) i += 1;
  return i;
}
