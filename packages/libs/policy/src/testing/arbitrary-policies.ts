import fc from 'fast-check';
import {
  BLOCKS,
  NAMESPACES,
  PORT_NAMES,
  PROTOCOLS,
  compact,
  maybe,
  namespaceSelector,
  selector,
} from './arbitrary-world.ts';
import type { RawAdminPolicy } from './reference/admin-policy.ts';
import type { RawNetworkPolicy } from './reference/network-policy.ts';
import { inBlock } from './reference/world.ts';

// Random policies that the API server would accept, with all that lists and fields can be: absent, empty, overlapping.

const block = fc.constantFrom<(4 | 6)[]>(4, 4, 6).chain((family) =>
  fc.constantFrom(...BLOCKS[family]).chain((cidr) => {
    const inside = BLOCKS[family].filter((each) => strictlyWithin(each, cidr));
    if (inside.length === 0) return fc.constant({ cidr });
    return maybe(fc.subarray(inside, { maxLength: Math.min(2, inside.length) })).map((except) =>
      compact({ cidr, except }),
    );
  }),
);

/** Whether a block is a part of another, and not all of it. */
export function strictlyWithin(part: string, whole: string): boolean {
  const [address = '', prefix = ''] = part.split('/');
  return inBlock(address, whole) && Number(prefix) > Number(whole.split('/')[1]);
}

const peer = fc.oneof(
  { weight: 3, arbitrary: selector.map((podSelector) => ({ podSelector })) },
  { weight: 2, arbitrary: namespaceSelector.map((each) => ({ namespaceSelector: each })) },
  { weight: 2, arbitrary: fc.record({ podSelector: selector, namespaceSelector }) },
  { weight: 3, arbitrary: block.map((ipBlock) => ({ ipBlock })) },
);

const port = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({
        protocol: maybe(fc.constantFrom(...PROTOCOLS)),
        port: fc.constantFrom(53, 80, 81),
        length: maybe(fc.integer({ min: 0, max: 2 })),
      })
      .map(({ length, ...each }) =>
        compact({ ...each, endPort: length === undefined ? undefined : each.port + length }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ protocol: maybe(fc.constantFrom(...PROTOCOLS)), port: maybe(fc.constantFrom(...PORT_NAMES)) })
      .map((each) => compact(each)),
  },
);

const peers = maybe(fc.array(peer, { maxLength: 3 }));
const ports = maybe(fc.array(port, { maxLength: 3 }));
const ingress = fc.array(
  fc.record({ from: peers, ports }).map((rule) => compact(rule)),
  { maxLength: 3 },
);
const egress = fc.array(
  fc.record({ to: peers, ports }).map((rule) => compact(rule)),
  { maxLength: 3 },
);

/** NetworkPolicies, named by their place. */
export const networkPolicies: fc.Arbitrary<readonly RawNetworkPolicy[]> = fc
  .array(
    fc.record({
      namespace: fc.constantFrom('x', ...NAMESPACES),
      spec: fc
        .record({
          podSelector: maybe(selector),
          policyTypes: maybe(fc.subarray(['Ingress', 'Egress'])),
          ingress: maybe(ingress),
          egress: maybe(egress),
        })
        .map((spec) => compact(spec)),
    }),
    { maxLength: 6, size: 'max' },
  )
  .map((drafts) =>
    drafts.map(({ namespace, spec }, index) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace, name: `policy-${index}` },
      spec,
    })),
  );

const namespacedPod = fc.record({ namespaceSelector, podSelector: selector });
const subject = fc.oneof(
  namespaceSelector.map((namespaces) => ({ namespaces })),
  namespacedPod.map((pods) => ({ pods })),
);
const network = fc.constantFrom(...BLOCKS[4], ...BLOCKS[6]);
const somewhere = fc.oneof(
  selector.map((nodes) => ({ nodes })),
  fc.uniqueArray(network, { minLength: 1, maxLength: 3 }).map((networks) => ({ networks })),
);
const number = fc.constantFrom(53, 80, 81);
const range = fc.record({ start: number, length: fc.integer({ min: 1, max: 3 }) }).map(({ start, length }) => ({
  start,
  end: start + length,
}));
const protocol = maybe(fc.constantFrom(...PROTOCOLS));
const oldPort = fc.oneof(
  fc.record({ protocol, port: number }).map((portNumber) => ({ portNumber: compact(portNumber) })),
  fc.record({ protocol, range }).map((each) => ({ portRange: compact({ protocol: each.protocol, ...each.range }) })),
);
const oldName = fc.constantFrom(...PORT_NAMES).map((namedPort) => ({ namedPort }));
const newPort = fc
  .record({
    transport: fc.constantFrom('tcp', 'udp', 'sctp'),
    destinationPort: fc.oneof(
      number.map((each) => ({ number: each })),
      range.map((each) => ({ range: each })),
    ),
  })
  .map(({ transport, destinationPort }) => ({ [transport]: { destinationPort } }));
const newName = fc.constantFrom(...PORT_NAMES).map((destinationNamedPort) => ({ destinationNamedPort }));

interface Wording {
  readonly actions: readonly ('Allow' | 'Accept' | 'Deny' | 'Pass')[];
  readonly field: 'ports' | 'protocols';
  readonly numbered: fc.Arbitrary<object>;
  readonly named: fc.Arbitrary<object>;
}

const list = <T>(element: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(element, { minLength: 1, maxLength: 2 });

/** Rules of a direction. Port names only go with peers that are pods. */
function rules({ actions, field, numbered, named }: Wording, direction: 'from' | 'to') {
  const rule = (peersOf: fc.Arbitrary<object[]>, portOf: fc.Arbitrary<object>) =>
    fc
      .record({ action: fc.constantFrom(...actions), peersOf, portsOf: maybe(list(portOf)) })
      .map(({ action, peersOf: found, portsOf }) => compact({ action, [direction]: found, [field]: portsOf }));
  const ofPods = rule(list(subject), fc.oneof(numbered, named));
  const any = rule(list(fc.oneof<fc.Arbitrary<object>[]>(subject, somewhere)), numbered);
  return maybe(fc.array(direction === 'to' ? fc.oneof(ofPods, any) : ofPods, { maxLength: 3 }));
}

function adminSpec(wording: Wording) {
  return fc.record({ subject, ingress: rules(wording, 'from'), egress: rules(wording, 'to') });
}

const old = { field: 'ports', numbered: oldPort, named: oldName } as const;
type AdminKind = RawAdminPolicy['kind'];
const kinds = fc.oneof(
  adminSpec({ ...old, actions: ['Allow', 'Deny', 'Pass'] }).map((spec) => draft('AdminNetworkPolicy', spec)),
  adminSpec({ ...old, actions: ['Allow', 'Deny'] }).map((spec) => draft('BaselineAdminNetworkPolicy', spec)),
  fc
    .record({
      tier: fc.constantFrom('Admin', 'Baseline'),
      spec: adminSpec({ field: 'protocols', numbered: newPort, named: newName, actions: ['Accept', 'Deny', 'Pass'] }),
    })
    .map(({ tier, spec }) => draft('ClusterNetworkPolicy', { ...spec, tier })),
);

function draft(kind: AdminKind, spec: object): { readonly kind: AdminKind; readonly spec: object } {
  return { kind, spec };
}

/** Policies of the admin kinds, each with a priority of its own; a single BaselineAdminNetworkPolicy. */
export const adminPolicies: fc.Arbitrary<readonly RawAdminPolicy[]> = fc
  .record({
    drafts: fc.array(kinds, { maxLength: 4 }),
    priorities: fc.shuffledSubarray([0, 1, 500, 1000], { minLength: 4 }),
  })
  .map(({ drafts, priorities }) =>
    drafts
      .filter(
        ({ kind }, index) =>
          kind !== 'BaselineAdminNetworkPolicy' || index === drafts.findIndex((each) => each.kind === kind),
      )
      .map(({ kind, spec }, index) => {
        const baseline = kind === 'BaselineAdminNetworkPolicy';
        return {
          apiVersion: `policy.networking.k8s.io/${kind === 'ClusterNetworkPolicy' ? 'v1alpha2' : 'v1alpha1'}`,
          kind,
          metadata: { name: baseline ? 'default' : `admin-${index}` },
          spec: JSON.parse(JSON.stringify(baseline ? spec : { ...spec, priority: priorities[index] })),
        };
      }),
  );
