import type { JsonObject } from '../json.ts';
import type { Spec } from './spec-normalizer.ts';

/** Nothing of the account's secrets, not even their names. */
export function serviceAccountSpec(source: JsonObject): Spec {
  return { $case: 'serviceAccount', value: { automountToken: source['automountServiceAccountToken'] !== false } };
}
