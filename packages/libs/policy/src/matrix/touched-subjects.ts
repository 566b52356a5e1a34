import { refText } from '../model/object-ref.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction, Isolation, Rule } from '../network/rule.ts';

/** Peers about whom a change says something else, by direction, and the rules and isolations that differ. */
export interface Touched {
  readonly subjects: Readonly<Record<Direction, ReadonlySet<PeerIndex>>>;
  /** In the one set but not, with the same content, in the other. */
  readonly removed: readonly (Rule | Isolation)[];
  readonly added: readonly (Rule | Isolation)[];
}

/**
 * Compares two rule sets over one universe by what their rules say, so that a policy that was applied again without a change
 * touches nobody. `always` names policies (refText) all of whose rules count as changed.
 */
export function touchedSubjects(
  before: NetworkEngine,
  after: NetworkEngine,
  always: ReadonlySet<string> = new Set(),
): Touched {
  const [old, young] = [partsOf(before), partsOf(after)];
  const isKept = (each: Rule | Isolation): boolean => !always.has(refText(each.policy));
  // Most are the same object in both: only the rest is compared by content.
  const oldRest = [...old].filter((each) => !young.has(each) || !isKept(each));
  const youngRest = [...young].filter((each) => !old.has(each) || !isKept(each));
  const removed = lacking(oldRest, youngRest, isKept);
  const added = lacking(youngRest, oldRest, isKept);
  const subjects = { ingress: new Set<PeerIndex>(), egress: new Set<PeerIndex>() };
  for (const [engine, changed] of [
    [before, removed],
    [after, added],
  ] as const) {
    for (const each of changed) for (const peer of engine.affectedPeers(each)) subjects[each.direction].add(peer);
  }
  return { subjects, removed, added };
}

function partsOf({ rules, isolations }: NetworkEngine): ReadonlySet<Rule | Isolation> {
  return new Set([...rules, ...isolations]);
}

/** Those that have no equal among others, or do not count as kept even then. */
function lacking(
  parts: readonly (Rule | Isolation)[],
  others: readonly (Rule | Isolation)[],
  isKept: (each: Rule | Isolation) => boolean,
): readonly (Rule | Isolation)[] {
  const known = new Set(others.map((each) => JSON.stringify(each)));
  return parts.filter((each) => !isKept(each) || !known.has(JSON.stringify(each)));
}
