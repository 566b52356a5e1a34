import { compileNetwork } from '../../network/engine/compile-network.ts';
import type { NetworkEngine } from '../../network/engine/network-engine.ts';
import type { Cluster, Pod } from '../../model/cluster.ts';
import { refText } from '../../model/object-ref.ts';
import type { EndpointQuery, PeerIndex } from '../../network/peer.ts';
import type { Direction, Rule } from '../../network/rule.ts';
import { manifestPolicy, manifestRef } from '../../recommendation/manifest.ts';
import type { Manifest } from '../../recommendation/manifest.ts';
import type { Recommendation } from '../../recommendation/recommendation.ts';
import type { ObservedConnection } from '../../traffic/observed-connection.ts';

/** What is given, and what it was made of. */
export interface Given {
  readonly cluster: Cluster;
  readonly connections: readonly ObservedConnection[];
  readonly result: Recommendation;
  /** Default: those of the result. */
  readonly manifests?: readonly Manifest[];
}

/** The three guarantees as plainly as they can be said: pod by pod and port by port, with nothing of how it was made. */
export function brokenGuarantees({ cluster, connections, result, manifests = result.manifests }: Given): {
  readonly allowedStays: readonly string[];
  readonly withinObserved: readonly string[];
  readonly deniedStays: readonly string[];
} {
  const replaced = new Set(result.replaces.map(refText));
  const kept = cluster.policies.filter(({ ref }) => !replaced.has(refText(ref)));
  const policies = [...kept, ...manifests.map(manifestPolicy)];
  const after = compileNetwork({ ...cluster, policies }, { profile: result.profile.network });
  const young = new Set(manifests.map((manifest) => refText(manifestRef(manifest))));
  const selected = (direction: Direction, peer: PeerIndex): boolean =>
    after.isolating(direction, peer).some(({ policy }) => young.has(refText(policy)));
  const count = after.peers.length;
  // Policies that get a new text already isolated: what they denied before is not theirs to keep.
  const before =
    result.mode === 'tighten-existing' ? compileNetwork(cluster, { profile: result.profile.network }) : undefined;
  // More policies take nothing from what others isolate already.
  const canLose = (direction: Direction, peer: PeerIndex): boolean =>
    selected(direction, peer) &&
    (before !== undefined || after.isolating(direction, peer).every(({ policy }) => young.has(refText(policy))));
  const world = {
    canLose,
    after,
    before,
    count,
    selected,
    young,
    result,
    connections,
  };
  return { allowedStays: lost(world), withinObserved: surplus(world), deniedStays: opened(world) };
}

interface World {
  readonly after: NetworkEngine;
  readonly before: NetworkEngine | undefined;
  /** Peers that are there, without those that only traffic knows. */
  readonly count: number;
  readonly canLose: (direction: Direction, peer: PeerIndex) => boolean;
  readonly selected: (direction: Direction, peer: PeerIndex) => boolean;
  readonly young: ReadonlySet<string>;
  readonly result: Recommendation;
  readonly connections: readonly ObservedConnection[];
}

function lost({ after, before, canLose, connections }: World): readonly string[] {
  return connections.flatMap((each) => {
    if (each.latest?.verdict !== 'allowed') return [];
    const was = before?.pairs(each.source, each.destination) ?? [];
    if (was.some(([from, to]) => before?.outcome(from, to, each.protocol, each.port) !== 'allowed')) return [];
    return after.pairs(each.source, each.destination).flatMap(([source, destination]) => {
      if (after.outcome(source, destination, each.protocol, each.port) === 'allowed') return [];
      const sides = [
        ['egress', source, destination],
        ['ingress', destination, source],
      ] as const;
      return sides
        .filter(
          ([direction, subject, peer]) =>
            canLose(direction, subject) && outcomeAt(after, direction, subject, peer, each) !== 'allowed',
        )
        .map(([direction]) => `${direction} of ${text(each)}`);
    });
  });
}

function outcomeAt(
  after: NetworkEngine,
  direction: Direction,
  subject: PeerIndex,
  peer: PeerIndex,
  at: ObservedConnection,
): string | undefined {
  return after
    .side(direction, subject, peer)
    .find(({ protocol, from, to }) => protocol === at.protocol && from <= at.port && at.port <= to)?.outcome;
}

function opened({ after, selected, connections, result }: World): readonly string[] {
  const listed = new Set(result.conflicts.map(({ connection: { protocol, port } }) => `${protocol}/${port}`));
  return connections.flatMap((each) => {
    if (each.latest?.verdict !== 'denied' || laterAllowed(each, connections)) return [];
    return after.pairs(each.source, each.destination).flatMap(([source, destination]) => {
      if (!selected('egress', source) && !selected('ingress', destination)) return [];
      if (after.outcome(source, destination, each.protocol, each.port) === 'denied') return [];
      return listed.has(`${each.protocol}/${each.port}`) ? [] : [text(each)];
    });
  });
}

function laterAllowed(denied: ObservedConnection, connections: readonly ObservedConnection[]): boolean {
  return connections.some(
    (each) =>
      each !== denied &&
      text(each) === text(denied) &&
      each.latest?.verdict === 'allowed' &&
      each.latest.atMs > (denied.latest?.atMs ?? 0),
  );
}

function surplus(world: World): readonly string[] {
  const { after, selected, count } = world;
  const found: string[] = [];
  const peers = after.peers.slice(0, count).map(({ index }) => index);
  for (const direction of ['ingress', 'egress'] as const) {
    for (const subject of peers) {
      const [pod] = after.podsOf(subject);
      if (pod === undefined || pod.hostNetwork || !selected(direction, subject)) continue;
      for (const peer of peers) {
        for (const segment of after.side(direction, subject, peer)) {
          if (segment.outcome === 'denied') continue;
          // Whether a block holds a thing without a known address can't be told, and no policy could be written that it can.
          if (segment.outcome === 'unknown' && !hasAddress(after, peer)) continue;
          // What the data plane allows by itself is told by the segment alone.
          if (segment.rules.some((rule) => isListed(world, rule, pod))) continue;
          for (let port = segment.from; port <= Math.min(segment.to, segment.from + 3); port += 1) {
            const byKept = after
              .matching(direction, subject, peer, segment.protocol, port)
              .some((rule) => isListed(world, rule, pod));
            if (byKept || wasSeen(world, direction, pod, peer, segment.protocol, port)) continue;
            found.push(
              `${direction} of ${pod.namespace}/${pod.name} with ${after.peers[peer]?.name ?? ''} ${segment.protocol}/${port}`,
            );
          }
        }
      }
    }
  }
  return found;
}

/** Whether the result says that this rule stays and allows the pod something. */
function isListed({ result }: World, { policy, path, direction, action }: Rule, pod: Pod): boolean {
  const listed = result.keptAllowances.find(
    (each) => refText(each.policy) === refText(policy) && each.path === path && each.direction === direction,
  );
  return (
    action === 'allow' &&
    listed !== undefined &&
    listed.workloads.some((each) => refText(each) === refText(pod.workload))
  );
}

function hasAddress(after: NetworkEngine, peer: PeerIndex): boolean {
  const { kind, name } = after.peers[peer] ?? {};
  return kind === 'pod' || kind === 'range' || (kind === 'node' && name !== '');
}

/** Whether traffic was seen that the listed generalisations widen to this. */
function wasSeen(
  world: World,
  direction: Direction,
  subject: Pod,
  peer: PeerIndex,
  protocol: string,
  port: number,
): boolean {
  const { connections, result } = world;
  const dns = result.generalisations.some(({ kind }) => kind === 'dns-transport');
  return connections.some((each) => {
    const passed =
      each.latest?.verdict === 'allowed' || (each.latest === undefined && (each.verdicts.forwarded?.count ?? 0) > 0);
    if (
      !passed ||
      each.port !== port ||
      (each.protocol !== protocol && !(dns && port === 53 && direction === 'egress'))
    )
      return false;
    const [own, other] = direction === 'ingress' ? [each.destination, each.source] : [each.source, each.destination];
    return isSubject(own, subject, result) && isPeer(other, peer, world);
  });
}

function isSubject({ workload }: EndpointQuery, pod: Pod, { generalisations }: Recommendation): boolean {
  if (workload === undefined) return false;
  if (refText(workload) === refText(pod.workload)) return true;
  // The policy of some workload is about both.
  return generalisations.some(({ kind, observed, alsoReaches }) => {
    if (kind !== 'shared-labels' || !observed.startsWith('traffic of ')) return false;
    const group = new Set([observed.slice('traffic of '.length), ...alsoReaches.map(refText)]);
    return group.has(refText(workload)) && group.has(refText(pod.workload));
  });
}

function isPeer(query: EndpointQuery, peer: PeerIndex, { after, result }: World): boolean {
  if (after.resolve(query).includes(peer)) return true;
  const { kind, name, labels } = after.peers[peer] ?? {};
  // A node's address as an address: the same thing under another name.
  if (kind === 'range' && name === `${query.ip ?? ''}/32`) return true;
  const entities = result.generalisations.filter((each) => each.kind === 'entity').map(({ allowed }) => allowed);
  const { entity = '' } = query;
  if (labels?.has(`entity:${entity}`) === true && entities.some((allowed) => allowed.endsWith(` ${entity}`)))
    return true;
  const [pod] = after.podsOf(peer);
  if (query.workload === undefined || pod === undefined) return false;
  const own = refText(query.workload);
  return result.generalisations.some(
    (each) =>
      ['pod-selector', 'shared-labels', 'namespace'].includes(each.kind) &&
      each.observed === `pods of ${own}` &&
      [own, ...each.alsoReaches.map(refText)].includes(refText(pod.workload)),
  );
}

function text({ source, destination, protocol, port }: ObservedConnection): string {
  return `${endOf(source)} → ${endOf(destination)} ${protocol}/${port}`;
}

function endOf({ workload, ip, labels }: EndpointQuery): string {
  if (workload === undefined) return ip ?? '';
  return `${refText(workload)} ${[...(labels ?? [])].map((each) => each.join('=')).join(',')}`;
}
