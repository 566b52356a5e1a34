/** An object of a parsed document: nothing is known of its values. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed value is an object (no array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value has more levels of objects and arrays than a limit. Stops at the limit. */
export function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((each) => deeperThan(each, levels - 1));
}
