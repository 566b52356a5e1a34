import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';

/**
 * Whether two different pods (or addresses) of a peer can talk to each other. A controller's template stands for any number of
 * pods; a pod of its own is one, and may always talk to itself.
 */
export function hasSeveralPods(engine: NetworkEngine, peer: PeerIndex): boolean {
  const [first, ...more] = engine.podsOf(peer);
  return more.length > 0 || first === undefined || (first.template && first.workload.kind !== 'Pod');
}
