/**
 * Total readers of parsed JSON: each returns the empty value of its type where the input is something else, and never
 * throws. The API server has checked built-in kinds; these keep an odd custom resource from doing harm.
 */

/** Any JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

const EMPTY: JsonObject = Object.freeze({});
const UINT32_MAX = 0xffff_ffff;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function object(value: unknown): JsonObject {
  return isObject(value) ? value : EMPTY;
}

/** The value's items; none for everything that is not a list. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The items that are objects. */
export function objects(value: unknown): JsonObject[] {
  return items(value).filter(isObject);
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The items that are strings. */
export function texts(value: unknown): string[] {
  return items(value).filter((item) => typeof item === 'string');
}

/** True only for `true` itself. */
export function flag(value: unknown): boolean {
  return value === true;
}

/** A whole number from 0 to 2³²−1; 0 for everything else. */
export function uint32(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= UINT32_MAX ? value : 0;
}

/** The string values of an object. */
export function textMap(value: unknown): Record<string, string> {
  const read: Record<string, string> = {};
  for (const [key, item] of Object.entries(object(value))) {
    if (typeof item === 'string') read[key] = item;
  }
  return read;
}

/** Kubernetes' IntOrString, as text. */
export function numberOrName(value: unknown): string {
  return typeof value === 'number' ? String(value) : text(value);
}

/** RFC 3339 time; undefined when there is none. */
export function time(value: unknown): Date | undefined {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}
