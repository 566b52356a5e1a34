import type { z } from 'zod';
import type { ObjectRef } from '../model/object-ref.ts';
import type { PolicySpecBody, ReadResult } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';

/** How often unknown fields are taken out before reading gives up; each round takes out a whole level. */
const roundsMax = 16;

/**
 * Reads a policy's body by a schema of strict objects. A field that the schema does not know is reported as `unsupported`
 * at its path and left out; anything else that is wrong makes the body `invalid`, with every finding. Never throws.
 */
export function readSpec<T>(
  schema: z.ZodType<T>,
  { path, body }: PolicySpecBody,
  from: { readonly ref: ObjectRef; readonly source: string },
): ReadResult<T> {
  const problems: Problem[] = [];
  const problem = (rest: Pick<Problem, 'severity' | 'code' | 'path' | 'message'>): void =>
    void problems.push({ object: from.ref, source: from.source, ...rest });
  let current: unknown = body;
  for (let round = 0; round < roundsMax; round += 1) {
    const result = schema.safeParse(current);
    if (result.success) return { value: result.data, problems };
    const { issues } = result.error;
    const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
    if (unknown.length < issues.length) {
      for (const issue of issues) {
        if (issue.code === 'unrecognized_keys') continue;
        problem({ severity: 'error', code: 'invalid', path: fieldPath(path, issue.path), message: issue.message });
      }
      return { value: undefined, problems };
    }
    current = structuredClone(current);
    for (const issue of unknown) {
      for (const key of issue.keys) {
        removeAt(current, issue.path, key);
        problem({
          severity: 'warning',
          code: 'unsupported',
          path: fieldPath(path, [...issue.path, key]),
          message: `the engine does not know the field "${key}": what it could affect is unknown`,
        });
      }
    }
  }
  problem({ severity: 'error', code: 'invalid', path, message: 'too many unknown fields, level below level' });
  return { value: undefined, problems };
}

/** `spec`, ['ingress', 0, 'from'] → `spec.ingress[0].from`; keys that are no plain words stand in quotes. */
export function fieldPath(base: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = String(part);
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `${text}.${name}` : `${text}[${JSON.stringify(name)}]`;
  }, base);
}

/** Problems of a code that stand at a path or below it. */
export function problemsUnder(problems: readonly Problem[], path: string, code: Problem['code']): readonly Problem[] {
  return problems.filter(
    (each) =>
      each.code === code &&
      each.path.startsWith(path) &&
      (each.path.length === path.length || '.['.includes(each.path.charAt(path.length))),
  );
}

function removeAt(root: unknown, path: readonly PropertyKey[], key: string): void {
  let at: unknown = root;
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return;
    at = Reflect.get(at, part);
  }
  if (typeof at === 'object' && at !== null) Reflect.deleteProperty(at, key);
}
