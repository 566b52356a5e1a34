import { isObject } from '../json.ts';

/**
 * Parts of objects that no record holds, wherever they stand: what containers are given (environment, arguments, mounts),
 * data of any kind, and annotations, among which whole earlier objects are kept.
 */
const NEVER_READ: ReadonlySet<string> = new Set([
  'annotations',
  'args',
  'binaryData',
  'command',
  'containers',
  'data',
  'env',
  'envFrom',
  'ephemeralContainers',
  'initContainers',
  'managedFields',
  'stringData',
  'volumeMounts',
  'volumes',
]);

export function isNeverRead(key: string): boolean {
  return NEVER_READ.has(key);
}

/** A copy without those parts, at any depth. Recursive: see `checkDepth`. */
export function withoutNeverRead(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNeverRead);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !isNeverRead(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNeverRead(item)]));
}
