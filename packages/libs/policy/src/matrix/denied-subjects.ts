import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction } from '../network/rule.ts';

/** Peers to which a policy denies something in a direction: by default, or by a rule. */
export function deniedSubjects(engine: NetworkEngine, direction: Direction): ReadonlySet<PeerIndex> {
  const denying = [
    ...engine.isolations.filter((isolation) => isolation.direction === direction),
    ...engine.rules.filter((rule) => rule.direction === direction && rule.action === 'deny'),
  ];
  return new Set(denying.flatMap((each) => engine.affectedPeers(each)));
}
