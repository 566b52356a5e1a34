import { isObject } from '../json.ts';
import { NotNormalized } from './not-normalized.ts';

/** Levels of lists and objects in what a record takes whole: what encodes it recurses, and Kubernetes has no such limit. */
export const DEPTH_MAX = 200;

/**
 * Looks level by level, so that no input can exhaust the stack.
 * @throws NotNormalized when the value is nested deeper than {@link DEPTH_MAX} levels
 */
export function checkDepth(name: string, value: unknown): void {
  let level = containers([value]);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > DEPTH_MAX) throw new NotNormalized(`${name} is nested deeper than ${DEPTH_MAX} levels`);
    level = level.flatMap((one) => containers(Object.values(one)));
  }
}

function containers(values: readonly unknown[]): object[] {
  return values.filter((value) => isObject(value) || Array.isArray(value));
}
