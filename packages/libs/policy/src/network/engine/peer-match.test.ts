import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { block, clusterOf, namespaceOf, nodeOf, outside, podOf } from '../../testing/hand-made.ts';
import type { Requirement } from '../../model/selector.ts';
import type { PeerTerm } from '../rule.ts';
import { UniverseIndex } from './compile-rules.ts';
import { matchTerm } from './peer-match.ts';
import { Universe } from './universe.ts';

const terms = [
  block('10.0.0.0/8', '10.0.1.0/24', '10.0.1.128/25'),
  block('0.0.0.0/0'),
  block('0.0.0.0/0', '10.0.0.0/8'),
  block('::/0'),
  block('fd00::/8'),
  outside('0.0.0.0/0'),
  outside('10.0.0.0/8'),
  { kind: 'names', pattern: '*.example.com' },
  { kind: 'everything' },
] as const satisfies PeerTerm[];
const anyRequirement = fc.record({
  key: fc.constantFrom('pod:app', 'pod:tier', 'ns:team', 'namespace', 'type', 'node:zone', 'serviceaccount'),
  operator: fc.constantFrom<Requirement['operator']>('In', 'NotIn', 'Exists', 'DoesNotExist'),
  values: fc.subarray(['a', 'b', 'shop', 'pod', 'node', 'z1', 'default'], { minLength: 1 }),
});
const anyTerm = fc.oneof(
  fc.constantFrom<PeerTerm>(...terms),
  fc.array(anyRequirement, { maxLength: 3 }).map((selector): PeerTerm => ({ kind: 'endpoints', selector })),
);
const cluster = clusterOf({
  namespaces: [namespaceOf('shop', { team: 'a' })],
  pods: [
    podOf('shop/a', { ips: ['10.0.1.1'] }),
    podOf('shop/b', { ips: ['10.0.2.1', 'fd00::1'], labels: { tier: 'a' } }),
    podOf('web/a', { serviceAccount: 'a' }),
    podOf('web/b', { ips: ['10.0.1.200'], node: 'n9' }),
    podOf('web/h', { hostNetwork: true, node: 'n8', ips: ['10.9.0.1'] }),
  ],
  nodes: [nodeOf('n1', ['10.0.0.1', '1.1.1.1'], { zone: 'z1' })],
  apiServer: ['10.0.0.1', '7.7.7.7'],
});
const blocks = terms.flatMap((each) => (each.kind === 'addresses' ? [each.cidr, ...each.except] : []));

describe('peers of a rule', () => {
  it('given any terms, then the index says of each peer what its labels and addresses say', () => {
    const universe = new Universe({ cluster, clusterName: 'c', blocks, reachingBlocks: blocks });
    const { matches } = new UniverseIndex(universe);
    fc.assert(
      fc.property(fc.array(anyTerm, { maxLength: 3 }), (list) => {
        const match = matches.of(list);
        for (const { index } of universe.peers) {
          const each = list.map((term) => matchTerm(term, universe, index));
          const wanted = each.includes(1) ? 1 : each.includes(2) ? 2 : 0;
          expect(match.of(index), universe.peer(index).name).toBe(wanted);
          expect(match.members()?.includes(index) ?? true).toBe(wanted !== 0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
