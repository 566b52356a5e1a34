import type { NamedPolicy, VerdictTally } from './observed-connection.ts';

/** Two tallies of different records as one. */
export function addTallies(a: VerdictTally, b: VerdictTally): VerdictTally {
  return { ...unitedTallies(a, b), count: a.count + b.count };
}

/** Two tallies that counted the same things, at both ends: the higher count is nearer to the truth. */
export function unitedTallies(a: VerdictTally, b: VerdictTally): VerdictTally {
  return {
    count: Math.max(a.count, b.count),
    lastSeenMs: latestOfTwo(a.lastSeenMs, b.lastSeenMs),
    reasons: b.reasons.length === 0 ? a.reasons : [...new Set([...a.reasons, ...b.reasons])],
    policies: b.policies.length === 0 ? a.policies : unique([...a.policies, ...b.policies]),
  };
}

/** The later of two times, or the one that is known. */
export function latestOfTwo(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b);
}

function unique(policies: readonly NamedPolicy[]): readonly NamedPolicy[] {
  const byName = new Map(policies.map((each) => [JSON.stringify(each), each] as const));
  return [...byName.values()];
}
