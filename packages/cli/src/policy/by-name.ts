import { refText, type EdgeRef } from '@kestrel/policy';

/**
 * Plain data of the library as scripts get it: every reference to an object as its one name (`shop/cart[NetworkPolicy]`), every
 * reference to a record as the place where it was read (`edges.jsonl:17`). References are known by their fields.
 */
export function byName(value: unknown, placeOf?: (edge: EdgeRef) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => byName(each, placeOf));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const { kind, namespace, name, layer, index }: Partial<Record<string, unknown>> = { ...value };
  const fields = Object.keys(value).length;
  if (fields === 3 && typeof kind === 'string' && typeof namespace === 'string' && typeof name === 'string') {
    return refText({ kind, namespace, name });
  }
  if (placeOf !== undefined && fields === 2 && (layer === 'l4' || layer === 'l7') && typeof index === 'number') {
    return placeOf({ layer, index });
  }
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, byName(field, placeOf)]));
}
