import type { PolicyKind } from '../../model/policy.ts';
import { isObject } from '../text/json-object.ts';

/**
 * A body as the API server keeps it. A null field counts as absent, whatever the kind. In a built-in kind (Go's decoding) a
 * null item of a list is an item with nothing set, and a null label of a selector is the empty text; kinds by CRD refuse
 * both, so null stays there for the family to refuse.
 */
export function withoutNulls(body: unknown, kind: PolicyKind): unknown {
  return clean(body, kind === 'NetworkPolicy', false);
}

function clean(value: unknown, builtIn: boolean, isMap: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => (item === null && builtIn ? {} : clean(item, builtIn, false)));
  if (!isObject(value)) return value;
  const fields: [string, unknown][] = [];
  for (const [key, field] of Object.entries(value)) {
    if (field !== null) fields.push([key, clean(field, builtIn, key === 'matchLabels')]);
    else if (isMap) fields.push([key, builtIn ? '' : null]);
  }
  return Object.fromEntries(fields);
}
