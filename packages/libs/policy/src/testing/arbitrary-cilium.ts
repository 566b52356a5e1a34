import fc from 'fast-check';
import { BLOCKS, NAMESPACES, PROTOCOLS, compact, maybe, selector } from './arbitrary-world.ts';
import type { CiliumOptions, RawCiliumItem, RawCiliumPolicy } from './reference/cilium-policy.ts';
import type { CiliumProfile } from '../model/profile.ts';
import { CILIUM_DEFAULTS } from '../model/profile.ts';
import type { RawSelector } from './reference/world.ts';
import { strictlyWithin } from './arbitrary-policies.ts';

// Random Cilium policies that the agent would accept, within the core that the reference knows.

const ENTITIES = ['all', 'world', 'world-ipv4', 'world-ipv6', 'cluster', 'host', 'remote-node', 'none'] as const;

/** Selectors of endpoints: by their labels, by their namespace, or by a label of it. */
const endpoint: fc.Arbitrary<RawSelector> = fc.oneof(
  { weight: 3, arbitrary: selector },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...NAMESPACES)
      .map((namespace) => ({ matchLabels: { 'io.kubernetes.pod.namespace': namespace } })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...NAMESPACES).map((namespace) => ({
      matchLabels: { 'io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name': namespace },
    })),
  },
);

const cidr = fc.constantFrom(...BLOCKS[4], ...BLOCKS[6]);
const cidrRule = cidr.chain((whole) => {
  const inside = [...BLOCKS[4], ...BLOCKS[6]].filter((each) => strictlyWithin(each, whole));
  return maybe(fc.subarray(inside, { maxLength: Math.min(2, inside.length) })).map((except) =>
    compact({ cidr: whole, except }),
  );
});

const port = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({
        port: fc.constantFrom(53, 80, 81),
        length: maybe(fc.integer({ min: 1, max: 2 })),
        protocol: maybe(fc.constantFrom(...PROTOCOLS, 'ANY')),
      })
      .map(({ port: number, length, protocol }) =>
        compact({ port: `${number}`, endPort: length === undefined ? undefined : number + length, protocol }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ port: fc.constantFrom('web', 'dns', '0'), protocol: maybe(fc.constantFrom(...PROTOCOLS, 'ANY')) })
      .map((each) => compact(each)),
  },
);
const toPorts = fc.array(
  maybe(fc.array(port, { minLength: 1, maxLength: 2 })).map((ports) => compact({ ports })),
  { maxLength: 2 },
);
const icmps = fc.array(
  fc.record({
    fields: fc.array(
      fc
        .record({ family: maybe(fc.constantFrom<('IPv4' | 'IPv6')[]>('IPv4', 'IPv6')), type: fc.constantFrom(0, 8) })
        .map((field) => compact(field)),
      { minLength: 1, maxLength: 2 },
    ),
  }),
  { minLength: 1, maxLength: 1 },
);

/** Items name one kind of peer or none, and ports, ICMP types or neither. */
function item(direction: 'from' | 'to'): fc.Arbitrary<RawCiliumItem> {
  const peers = fc.oneof(
    { weight: 1, arbitrary: fc.constant({}) },
    {
      weight: 3,
      arbitrary: fc.array(endpoint, { maxLength: 2 }).map((list) => ({ [`${direction}Endpoints`]: list })),
    },
    {
      weight: 2,
      arbitrary: fc
        .uniqueArray(fc.constantFrom(...ENTITIES), { minLength: 1, maxLength: 2 })
        .map((list) => ({ [`${direction}Entities`]: list })),
    },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(cidr, { minLength: 1, maxLength: 2 }).map((list) => ({ [`${direction}CIDR`]: list })),
    },
    {
      weight: 1,
      arbitrary: fc.array(cidrRule, { minLength: 1, maxLength: 2 }).map((list) => ({ [`${direction}CIDRSet`]: list })),
    },
  );
  const ports = fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 3, arbitrary: toPorts.map((list) => ({ toPorts: list })) },
    { weight: 1, arbitrary: icmps.map((list) => ({ icmps: list })) },
  );
  return fc.record({ peers, ports }).map((parts): RawCiliumItem => ({ ...parts.peers, ...parts.ports }));
}

const seldom = fc.integer({ min: 0, max: 3 }).map((dice) => dice === 3);

const list = (direction: 'from' | 'to') => maybe(fc.array(item(direction), { maxLength: 2 }));
const spec = fc
  .record({
    endpointSelector: selector,
    enableDefaultDeny: maybe(
      fc.record({ ingress: maybe(fc.boolean()), egress: maybe(fc.boolean()) }).map((each) => compact(each)),
    ),
    ingress: list('from'),
    ingressDeny: list('from'),
    egress: list('to'),
    egressDeny: list('to'),
  })
  // Cilium refuses a body without any item.
  .filter(({ ingress, ingressDeny, egress, egressDeny }) =>
    [ingress, ingressDeny, egress, egressDeny].some((items) => (items?.length ?? 0) > 0),
  )
  .map((each) => compact(each));

/** Policies of both kinds, named by their place. */
export const ciliumPolicies: fc.Arbitrary<readonly RawCiliumPolicy[]> = fc
  .array(fc.record({ namespace: maybe(fc.constantFrom(...NAMESPACES)), spec }), { maxLength: 4 })
  .map((drafts) =>
    drafts.map(({ namespace, spec: of }, index) => ({
      apiVersion: 'cilium.io/v2',
      kind: namespace === undefined ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy',
      metadata: { name: `cilium-${index}`, ...(namespace !== undefined && { namespace }) },
      spec: of,
    })),
  );

/** Options of the agent; most are as it installs itself. */
export const ciliumOptions: fc.Arbitrary<CiliumOptions> = fc.record({
  matchPods: seldom,
  matchNodes: seldom,
  enforcement: fc.constantFrom('default', 'default', 'default', 'always', 'never'),
  allowLocalhost: seldom.map((is) => !is),
  nonDefaultDeny: seldom.map((is) => !is),
  sctp: fc.boolean(),
});

/** The profile with these options. */
export function profileOf(options: CiliumOptions): CiliumProfile {
  const { matchPods, matchNodes, enforcement, allowLocalhost, nonDefaultDeny, sctp } = options;
  return {
    ...CILIUM_DEFAULTS,
    policyCidrMatchMode: [...(matchPods ? (['pods'] as const) : []), ...(matchNodes ? (['nodes'] as const) : [])],
    enablePolicy: enforcement,
    allowLocalhost: allowLocalhost ? 'auto' : 'policy',
    nonDefaultDeny,
    sctp,
  };
}
