import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction } from '../network/rule.ts';
import type { Segment } from '../network/verdict.ts';

/** How what is permitted to a subject changed. Both may be. */
export interface ReachDifference {
  readonly wider: boolean;
  readonly narrower: boolean;
}

/** Compares two engines over the same peers (see compilePair) in what they permit to one subject in one direction. */
export function reachDifference(
  engines: { readonly before: NetworkEngine; readonly after: NetworkEngine },
  direction: Direction,
  subject: PeerIndex,
): ReachDifference {
  const before = groupsByPeer(engines.before, direction, subject);
  const after = groupsByPeer(engines.after, direction, subject);
  const compared = new Map<readonly Segment[], Map<readonly Segment[], ReachDifference>>();
  let [wider, narrower] = [false, false];
  for (const [peer, old] of before) {
    const young = after.get(peer) ?? [];
    let known = compared.get(old);
    if (known === undefined) compared.set(old, (known = new Map()));
    let difference = known.get(young);
    if (difference === undefined) known.set(young, (difference = segmentsDifference(old, young)));
    wider ||= difference.wider;
    narrower ||= difference.narrower;
  }
  return { wider, narrower };
}

function groupsByPeer(
  engine: NetworkEngine,
  direction: Direction,
  subject: PeerIndex,
): ReadonlyMap<PeerIndex, readonly Segment[]> {
  return new Map(
    engine.reach(direction, subject).flatMap(({ peers, segments }) => peers.map((peer) => [peer, segments] as const)),
  );
}

/** Both cover every port once, in the same order: walks along both. */
function segmentsDifference(before: readonly Segment[], after: readonly Segment[]): ReachDifference {
  let [wider, narrower] = [false, false];
  for (const old of before) {
    for (const young of after) {
      if (old.protocol !== young.protocol || old.to < young.from || young.to < old.from) continue;
      const change = rank(young) - rank(old);
      // Whether other requests are let through is not compared: what can't be told to be no wider counts as wider.
      if (change > 0 || (change === 0 && young.conditional && !sameRequests(old, young))) wider = true;
      if (change < 0) narrower = true;
    }
  }
  return { wider, narrower };
}

function rank({ outcome, conditional }: Segment): number {
  if (outcome === 'denied') return 0;
  if (outcome === 'unknown') return 1;
  return conditional ? 2 : 3;
}

function sameRequests(a: Segment, b: Segment): boolean {
  return requestsText(a) === requestsText(b);
}

function requestsText({ rules }: Segment): string {
  const texts = rules.map(({ layer7 }) => JSON.stringify(layer7));
  return texts.toSorted().join('\n');
}
