import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects all garbage of this process now. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc'); // seen by contexts that are made from now on
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('this node has no gc to expose');
  gc();
}
