import { readTraffic, type EdgeRef, type Traffic } from '@kestrel/policy';
import type { Invocation } from '../../invocation.ts';
import { readEdges } from '../records/read-edges.ts';
import type { Complaints } from './complaints.ts';

/** Help of `--edges`. */
export const EDGES_HELP = 'recorded traffic: L4Edge, L7Edge or Window records of kestrel.events.v1, one in JSON a line';

/** Reads recorded traffic, ready to be judged. What of it can't be used is told as a complaint. */
export async function readTrafficFiles(
  of: Invocation,
  files: readonly string[],
  complaints: Complaints,
): Promise<Traffic & { readonly placeOf: (edge: EdgeRef) => string }> {
  const { collected, errors } = await readEdges(files, of.io.cwd);
  await complaints.tell(errors);
  return { ...readTraffic(collected.edges), placeOf: (edge) => collected.placeOf(edge) };
}
