import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../model/cluster.ts';
import { CILIUM_DEFAULTS } from '../../model/profile.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import { compileNetwork } from '../../network/engine/compile-network.ts';
import { readManifests } from '../../parse/read-manifests.ts';
import { ENDS, OUTSIDE_IP, PEERS, POINTS, PORTS, TARGETS } from './cyclonus-dimensions.ts';
import type { End, Point } from './cyclonus-dimensions.ts';
import { modelObjects } from './reachability.ts';

interface Combination {
  readonly direction: 'ingress' | 'egress';
  readonly target: (typeof TARGETS)[number];
  readonly peer: (typeof PEERS)[number];
  readonly port: (typeof PORTS)[number];
}

const directions = ['ingress', 'egress'] as const;
const [wholeNamespace] = TARGETS;
const combinations = directions.flatMap((direction): Combination[] => [
  ...PEERS.flatMap((peer) =>
    PORTS.flatMap((port) => (wholeNamespace === undefined ? [] : [{ direction, target: wholeNamespace, peer, port }])),
  ),
  ...TARGETS.slice(1).flatMap((target) =>
    PEERS.slice(2, 6).flatMap((peer) => PORTS.slice(1, 5).map((port) => ({ direction, target, peer, port }))),
  ),
]);
const groups = [
  ...Map.groupBy(combinations, ({ direction, target, peer }) => `${direction} of ${target.name}: ${peer.name}`),
];

/** What the tables say: denied where the rule's direction selects an end, and peer or port don't match. */
function wanted(each: Combination, source: End, destination: End, point: Point, onCilium: boolean): boolean {
  const { direction, target, peer, port } = each;
  const [self, other] = direction === 'ingress' ? [destination, source] : [source, destination];
  if (self === 'outside' || !target.matches.includes(self)) return true;
  const peers = (onCilium ? peer.onCilium : undefined) ?? peer.matches;
  if (!peers.includes(other) || !port.matches.includes(point)) return false;
  // A name is one of the destination's, and toward a block there is no pod whose names count.
  if (direction === 'ingress' || port.byName === undefined) return true;
  return other !== 'outside' && withoutBlocks(peer).includes(other);
}

/** Of the peers of egress only those that are named by selectors, or by no restriction, can have port names. */
function withoutBlocks({ spec, matches }: (typeof PEERS)[number]): readonly End[] {
  if (!Array.isArray(spec) || spec.length === 0) return matches;
  const blocks = spec.filter((each) => 'ipBlock' in each).length;
  return blocks === spec.length ? [] : matches.filter((end) => end !== 'outside');
}

function surprisesOf(each: Combination, profile: NetworkProfile): readonly string[] {
  const { direction, target, peer, port } = each;
  const rule = { [direction === 'ingress' ? 'from' : 'to']: peer.spec, ports: port.spec };
  const policyTypes = [direction === 'ingress' ? 'Ingress' : 'Egress'];
  const spec = { podSelector: target.spec, policyTypes, [direction]: [rule] };
  const items = modelObjects({ policies: [['x', spec]] });
  const cluster = readManifests([
    { source: 'model.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) },
  ]);
  const engine = compileNetwork(cluster, { profile });
  const peers = new Map(
    ENDS.map((end) => {
      const [namespace = '', name = ''] = end.split('/');
      return [end, engine.resolve(end === 'outside' ? { ip: OUTSIDE_IP } : { pod: { namespace, name } })] as const;
    }),
  );
  const found: string[] = [];
  for (const source of ENDS) {
    for (const destination of ENDS) {
      if (source === destination) continue;
      for (const point of POINTS) {
        const [number = '', protocol = ''] = point.split('/');
        const from = peers.get(source)?.[0] ?? -1;
        const to = peers.get(destination)?.[0] ?? -1;
        const outcome = engine.outcome(from, to, protocolOf(protocol), Number(number));
        const expected = wanted(each, source, destination, point, profile.kind === 'cilium') ? 'allowed' : 'denied';
        if (outcome !== expected) found.push(`${port.name}: ${source} > ${destination} ${point}: ${outcome}`);
      }
    }
  }
  return found;
}

function protocolOf(text: string): Protocol {
  return text === 'UDP' || text === 'SCTP' ? text : 'TCP';
}

describe('the dimensions of Cyclonus', () => {
  it.each(groups)('%s', (_, group) => {
    expect(group.flatMap((each) => surprisesOf(each, { kind: 'generic' }))).toEqual([]);
  });

  it.each(groups)('on Cilium: %s', (_, group) => {
    const onCilium = { ...CILIUM_DEFAULTS, sctp: true };
    expect(group.slice(0, 6).flatMap((each) => surprisesOf(each, onCilium))).toEqual([]);
  });

  it('are more than 200 cases', () => {
    expect(combinations.length).toBeGreaterThan(200);
  });
});
