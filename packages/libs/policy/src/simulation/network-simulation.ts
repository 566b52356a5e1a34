import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { EndpointQuery, PeerIndex } from '../network/peer.ts';
import type { Direction } from '../network/rule.ts';
import type { NetworkVerdict } from '../network/verdict.ts';
import type { Touched } from '../matrix/touched-subjects.ts';
import { sealedPeers } from '../matrix/rows.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import { networkOutcome, networkQuestion } from '../traffic/network-question.ts';

/** An observed connection whose network verdict changes. */
export interface NetworkChange {
  readonly connection: ObservedConnection;
  readonly before: NetworkVerdict;
  readonly after: NetworkVerdict;
}

interface Engines {
  readonly before: NetworkEngine;
  readonly after: NetworkEngine;
}

/** Judges anew the observed connections with an end that the change is about; all others stay as they are. */
export function changedTraffic(
  { before, after }: Engines,
  touched: Touched,
  edges: readonly ObservedConnection[],
): { readonly judged: number; readonly changes: readonly NetworkChange[] } {
  const { egress, ingress } = touched.subjects;
  if (egress.size + ingress.size === 0) return { judged: 0, changes: [] };
  const isTouched = touchedEnds(after, touched);
  const changes: NetworkChange[] = [];
  let judged = 0;
  for (const connection of edges) {
    if (!isTouched('egress', connection.source) && !isTouched('ingress', connection.destination)) continue;
    judged += 1;
    if (networkOutcome(before, connection) === networkOutcome(after, connection)) continue;
    const question = networkQuestion(connection);
    changes.push({ connection, before: before.verdict(question), after: after.verdict(question) });
  }
  return { judged, changes };
}

/** Peers that a question added late are in no index of subjects: they always count as touched. */
function touchedEnds(engine: NetworkEngine, { subjects }: Touched): (at: Direction, query: EndpointQuery) => boolean {
  const sealed = (sealedPeers(engine).at(-1)?.index ?? -1) + 1;
  const known = { ingress: new Map<EndpointQuery, boolean>(), egress: new Map<EndpointQuery, boolean>() };
  return (direction, query) => {
    let touches = known[direction].get(query);
    if (touches === undefined) {
      touches = engine.resolve(query).some((peer: PeerIndex) => peer >= sealed || subjects[direction].has(peer));
      known[direction].set(query, touches);
    }
    return touches;
  };
}
