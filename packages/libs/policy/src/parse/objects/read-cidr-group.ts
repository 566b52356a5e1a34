import { z } from 'zod';
import type { CidrGroup } from '../../model/policy.ts';
import { list } from './fields.ts';
import type { RawObject } from './raw-object.ts';
import { canonicalCidrs } from './read-node.ts';

/** CiliumCIDRGroup (cilium.io/v2alpha1, v2). */
export const cidrGroupObject = z.object({ spec: z.object({ externalCIDRs: list(z.string()) }) });

/** A group of blocks. `report` hears of blocks that are none. */
export function readCidrGroup(
  { spec }: z.output<typeof cidrGroupObject>,
  { ref, metadata }: RawObject,
  report: (path: string, message: string) => void,
): CidrGroup {
  const cidrs = canonicalCidrs(spec.externalCIDRs, (cidr) => report('spec.externalCIDRs', `"${cidr}" is no CIDR`));
  return { name: ref.name, labels: metadata.labels, cidrs };
}
