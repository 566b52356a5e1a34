import { z } from 'zod';
import { canonicalCidr } from '../../address/cidr.ts';
import type { Node } from '../../model/cluster.ts';
import { list, text } from './fields.ts';
import type { RawObject } from './raw-object.ts';
import { canonicalAddresses } from './read-pod.ts';

/** A Node. */
export const nodeObject = z.object({
  spec: z
    .object({ podCIDR: text, podCIDRs: list(z.string()) })
    .nullish()
    .transform((value) => value ?? { podCIDR: '', podCIDRs: [] }),
  status: z
    .object({ addresses: list(z.object({ type: text, address: text })) })
    .nullish()
    .transform((value) => value ?? { addresses: [] }),
});

/** A node with its internal and external addresses. `report` hears of addresses and blocks that are none. */
export function readNode(
  { spec, status }: z.output<typeof nodeObject>,
  { ref, metadata }: RawObject,
  report: (path: string, message: string) => void,
): Node {
  const addresses = status.addresses.filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP');
  return {
    name: ref.name,
    labels: metadata.labels,
    addresses: canonicalAddresses(
      addresses.map(({ address }) => address),
      (ip) => report('status.addresses', `"${ip}" is no address`),
    ),
    podCidrs: canonicalCidrs(
      spec.podCIDRs.length > 0 ? spec.podCIDRs : [spec.podCIDR].filter((cidr) => cidr !== ''),
      (cidr) => report('spec.podCIDRs', `"${cidr}" is no CIDR`),
    ),
  };
}

/** Blocks in canonical form, each once; what is none goes to `report`. */
export function canonicalCidrs(texts: readonly string[], report: (text: string) => void): string[] {
  const found = new Set<string>();
  for (const each of texts) {
    const cidr = canonicalCidr(each);
    if (cidr === undefined) report(each);
    else found.add(cidr);
  }
  return [...found];
}
