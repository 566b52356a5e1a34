import { createHash } from 'node:crypto';

/**
 * JSON with one form for equal values: keys sorted by UTF-16 code units, no spaces, properties without a value left out
 * (after RFC 8785). Lists keep their order: sort set-like ones before.
 *
 * @throws TypeError for what JSON cannot say (functions, symbols, bigints, infinite numbers, `undefined` in a list or at
 * the top): two different records must never look equal.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`;
      return canonicalObject(value);
    default:
      throw new TypeError(`JSON has no ${typeof value}`);
  }
}

/** A plain loop: every record of a cluster goes through here. */
function canonicalObject(value: object): string {
  if (!isPlain(value)) throw new TypeError(`not a plain object: ${value.constructor.name}`);
  let members = '';
  for (const key of Object.keys(value).toSorted()) {
    const member = value[key];
    if (member === undefined) continue;
    if (members !== '') members += ',';
    members += `${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** SHA-256, in hex, over {@link canonicalJson}. */
export function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
