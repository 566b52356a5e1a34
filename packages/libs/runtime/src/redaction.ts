import { unrollErrors, errorChain, OperationalError } from './errors.ts';
import { redacted, Secret } from './secret.ts';

/** Bounds of what one log line may carry. */
const depthMax = 6;
const entriesMax = 100;
const textCharsMax = 8_000;
const stackCharsMax = 4_000;

/** Field names whose value is never shown, in any case and with `-`, `_` or nothing between the words. */
const secretNames = [
  'authorization',
  'proxyauthorization',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'bearertoken',
  'password',
  'passwd',
  'passphrase',
  'secret',
  'clientsecret',
  'clientassertion',
  'seed',
  'nkeyseed',
  'privatekey',
  'keypem',
  'apikey',
  'cookie',
  'setcookie',
  'credentials',
];
const secretNameSet: ReadonlySet<string> = new Set(secretNames);

/** `"name":"value"` inside a finished line: the way a logger's bindings get there without passing `redactValue`. */
const secretFieldPattern = new RegExp(
  `"((?:${secretNames.map((name) => name.split('').join('[-_]?')).join('|')}))":"(?:[^"\\\\]|\\\\.)*"`,
  'gi',
);

/** Not inside a word, in plain text and in a JSON string, where a line break is the two characters `\n`. */
const wordStart = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt]))`;

/** Values that are secrets wherever they stand. Linear in the text, and none reaches over the quote that ends a string. */
const secretValues: readonly { pattern: RegExp; shown: string }[] = [
  {
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=")|$)/g, // RFC 7468
    shown: redacted,
  },
  { pattern: new RegExp(`${wordStart}(Bearer\\s+)[A-Za-z0-9._~+/-]{8,}=*`, 'gi'), shown: `$1${redacted}` }, // RFC 6750
  {
    pattern: new RegExp(`${wordStart}([Bb]asic\\s+)(?=[^\\s"]*[A-Z0-9])[A-Za-z0-9+/_-]{8,}=*`, 'g'), // RFC 7617
    shown: `$1${redacted}`,
  },
  {
    pattern: new RegExp(`${wordStart}eyJ[A-Za-z0-9_-]{8,512}\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*`, 'g'),
    shown: redacted,
  }, // JWS, RFC 7515
  { pattern: new RegExp(`${wordStart}S[UANOCX][A-Z2-7]{56}(?![A-Z2-7])`, 'g'), shown: redacted }, // nkey seed, nats-io/nkeys
  { pattern: /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*:\/\/)[^/\s:@"]*:[^/\s@"]+@/gi, shown: `$1${redacted}@` }, // scheme://user:password@
];

/** The text with every bearer token, JWT, nkey seed, private key and URL password in it replaced by `[redacted]`. */
export function redactText(text: string): string {
  return secretValues.reduce((kept, { pattern, shown }) => kept.replace(pattern, shown), text);
}

/** A finished JSON line, with secrets removed from what no serializer has seen: message, bindings, stacks. */
export function redactLine(line: string): string {
  return redactText(line.replace(secretFieldPattern, `"$1":"${redacted}"`));
}

/** Whether a field of this name is never shown. */
export function isSecretName(name: string): boolean {
  return secretNameSet.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
}

/** A copy fit for printing: secrets removed, errors with their whole chain, bounded in depth, width and length. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return clip(redactText(value), textCharsMax);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Secret) return redacted;
  if (value instanceof Error) return describeError(value);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof URL) return redactText(value.href);
  if (depth >= depthMax) return '[too deep]';
  if (Array.isArray(value) || value instanceof Set) return redactList([...value], depth);
  return redactRecord(value instanceof Map ? value : Object.entries(value), depth);
}

function redactList(items: unknown[], depth: number): unknown[] {
  const shown = items.slice(0, entriesMax).map((item) => redactValue(item, depth + 1));
  return items.length > entriesMax ? [...shown, `… ${items.length - entriesMax} more`] : shown;
}

function redactRecord(entries: Iterable<[unknown, unknown]>, depth: number): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  let count = 0;
  for (const [key, item] of entries) {
    count += 1;
    if (count > entriesMax) continue;
    const name = String(key);
    shown[name] = isSecretName(name) && item !== undefined ? redacted : redactValue(item, depth + 1);
  }
  if (count > entriesMax) shown['…'] = `${count - entriesMax} more`;
  return shown;
}

/** `{ name, message, code?, causes?, stack? }`; the stack is the innermost cause's, and left out if that was expected. */
export function describeError(error: Error): Record<string, unknown> {
  const [first, ...causes] = errorChain(error).map((link) => ({ ...link, message: redactText(link.message) }));
  const innermost = unrollErrors(error).findLast((link) => link instanceof Error);
  const stack = innermost instanceof OperationalError ? undefined : innermost?.stack;
  return {
    ...first,
    ...(causes.length > 0 ? { causes } : {}),
    ...(stack === undefined ? {} : { stack: clip(redactText(stack), stackCharsMax) }),
  };
}

function clip(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}… (${text.length} characters)`;
}
