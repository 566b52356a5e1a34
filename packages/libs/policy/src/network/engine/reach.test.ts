import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  block,
  clusterOf,
  everything,
  isolation,
  nodeOf,
  podOf,
  podsWith,
  rule,
  term,
} from '../../testing/hand-made.ts';
import type { PortTerm } from '../rule.ts';
import type { Segment } from '../verdict.ts';
import { compileRules } from './compile-network.ts';

const cluster = clusterOf({
  pods: [
    podOf('shop/a', { ips: ['10.0.1.1'], namedPorts: [{ name: 'http', port: 8080, protocol: 'TCP' }] }),
    podOf('shop/b', { ips: ['10.0.2.1'] }),
    podOf('web/c'),
    podOf('web/d', { ips: ['10.0.1.9'], namedPorts: [{ name: 'http', port: 80, protocol: 'TCP' }] }),
  ],
  nodes: [nodeOf('n1', ['192.168.0.1', '8.8.4.4'])],
});
const anyRule = fc.record({
  direction: fc.constantFrom('ingress', 'egress'),
  peers: fc.constantFrom(
    everything,
    [term(podsWith('a'))],
    [block('10.0.0.0/8', '10.0.1.0/24')],
    [block('192.168.0.0/16'), term(podsWith('c'))],
    [block('0.0.0.0/0')],
  ),
  ports: fc.constantFrom<'all' | readonly PortTerm[]>(
    'all',
    [{ protocol: 'TCP', name: 'http' }],
    [{ protocol: 'TCP', from: 80, to: 90 }],
  ),
  action: fc.constantFrom('allow', 'deny'),
});

/** Causes name the peer. */
function plain(segment: Segment): Segment {
  return { ...segment, causes: [] };
}

describe('reach of a subject', () => {
  it('given any rules, then each peer is in one group, and its segments are its own', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 5 }), fc.constantFrom('ingress', 'egress'), (drafts, direction) => {
        const rules = drafts.map(({ direction: of, ...rest }) => rule('p', of, rest));
        const engine = compileRules(
          cluster,
          { rules, isolations: [isolation('i', 'ingress'), isolation('i', 'egress')] },
          { profile: { kind: 'generic' } },
        );
        const [subject = 0] = engine.resolve({ pod: { namespace: 'shop', name: 'b' } });
        const groups = engine.reach(direction, subject);
        expect(groups.flatMap(({ peers }) => peers).toSorted((a, b) => a - b)).toEqual(engine.peers.map((_, i) => i));
        for (const { peers, segments } of groups) {
          for (const peer of peers)
            expect(engine.side(direction, subject, peer).map(plain)).toEqual(segments.map(plain));
        }
      }),
    );
  });
});
