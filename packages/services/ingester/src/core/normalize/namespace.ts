import { object, text } from '../json.ts';
import type { Spec } from './spec-normalizer.ts';
import type { JsonObject } from '../json.ts';

export function namespaceSpec(source: JsonObject): Spec {
  return { $case: 'namespace', value: { phase: text(object(source['status'])['phase']) } };
}
