import { isObject, time } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { checkDepth } from './depth.ts';
import { withoutNeverRead } from './never-read.ts';
import type { SpecNormalizer } from './spec-normalizer.ts';

/** Field path as configured (`spec.replicas`) and its segments. */
export interface FieldPath {
  readonly path: string;
  readonly segments: readonly string[];
}

/** The normalizer of a kind added by configuration: the named fields and nothing else, without what is never read. */
export function customSpec(fields: readonly FieldPath[], changedAt: FieldPath | undefined): SpecNormalizer {
  return (source) => {
    const read: Record<string, unknown> = {};
    for (const { path, segments } of fields) {
      const value = valueAt(source, segments);
      if (value === undefined) continue;
      checkDepth(path, value);
      read[path] = withoutNeverRead(value);
    }
    const changed = changedAt === undefined ? undefined : time(valueAt(source, changedAt.segments));
    return { $case: 'custom', value: { fields: read, changedAt: changed } };
  };
}

/** `a.b.c`; segments are own keys of objects, lists are taken whole. */
export function fieldPath(path: string): FieldPath {
  return { path, segments: path.split('.') };
}

function valueAt(source: JsonObject, segments: readonly string[]): unknown {
  let value: unknown = source;
  for (const segment of segments) {
    if (!isObject(value) || !Object.hasOwn(value, segment)) return undefined;
    value = value[segment];
  }
  return value;
}
