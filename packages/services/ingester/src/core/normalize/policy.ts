import type { JsonObject } from '../json.ts';
import { isObject, objects } from '../json.ts';
import { checkDepth } from './depth.ts';
import { NotNormalized } from './not-normalized.ts';
import type { Spec } from './spec-normalizer.ts';

/** A policy whole; what it selects is joined later. Absent spec is empty (Istio: a policy for the whole namespace). */
export function policySpec(source: JsonObject): Spec {
  const { spec, specs } = source;
  if (spec !== undefined && spec !== null && !isObject(spec)) throw new NotNormalized('spec is not an object');
  if (specs !== undefined && specs !== null && !Array.isArray(specs)) throw new NotNormalized('specs is not a list');
  checkDepth('spec', spec);
  checkDepth('specs', specs);
  return {
    $case: 'policy',
    value: {
      spec: isObject(spec) ? spec : undefined,
      specs: objects(specs),
      selectedWorkloads: [],
      selectedPods: 0,
      selectionTruncated: false,
      selectionUnknown: '',
    },
  };
}
