/** When a list that misses objects is not believed at once. */
export interface ShrinkRule {
  /** Kinds with fewer objects are never held. */
  readonly objectsMin: number;
  /** Share of a kind's objects, 0 to 1, beyond which a disappearance is held. */
  readonly shareMax: number;
}

export const DEFAULT_SHRINK_RULE: ShrinkRule = { objectsMin: 50, shareMax: 0.3 };

/**
 * Whether a list that no longer has `gone` of `known` objects must be confirmed by a second one: more likely than the
 * deletion of a third of a cluster is a server that answers from an empty or restored store.
 */
export function isMassShrink(rule: ShrinkRule, o: { known: number; gone: number }): boolean {
  return o.known >= rule.objectsMin && o.gone > o.known * rule.shareMax;
}

/** What follows from a list: what is gone for good, and what a second list must confirm. */
export interface ShrinkVerdict {
  readonly remove: readonly string[];
  readonly hold: readonly string[];
}

/**
 * Judges what a list no longer has. What an earlier list missed too (`held`) is confirmed by this one; what it had again
 * is simply there; the rest is judged by the rule.
 */
export function judgeShrink(
  rule: ShrinkRule,
  o: { known: number; gone: readonly string[]; held: ReadonlySet<string> },
): ShrinkVerdict {
  const confirmed = o.gone.filter((subject) => o.held.has(subject));
  const fresh = o.gone.filter((subject) => !o.held.has(subject));
  const holds = isMassShrink(rule, { known: o.known - confirmed.length, gone: fresh.length });
  return { remove: holds ? confirmed : o.gone, hold: holds ? fresh : [] };
}
