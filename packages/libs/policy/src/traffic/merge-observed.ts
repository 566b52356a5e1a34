import type { ObservedConnection, ObservedLoss, ObservedVerdict, VerdictTally } from './observed-connection.ts';
import { OBSERVED_VERDICTS } from './observed-connection.ts';
import { addTallies, latestOfTwo, unitedTallies } from './tally.ts';

/** What is refused at one end never reaches the other, so the counts of both ends are of different things. */
const SEEN_ONCE: ReadonlySet<ObservedVerdict> = new Set(['denied', 'dropped']);

/**
 * Records of the same connection as one. Several records of one side (one for each reporting node) are added up; then the two
 * sides are laid over each other. The connections must have equal endpoints, protocol, port and request.
 */
export function mergeObserved(records: readonly [ObservedConnection, ...ObservedConnection[]]): ObservedConnection {
  const [first, ...rest] = records;
  if (rest.length === 0) return first;
  return {
    ...first,
    sourceHidden: records.some(({ sourceHidden }) => sourceHidden),
    ...serviceOf(records),
    observedAt: (['source', 'destination'] as const).filter((side) =>
      records.some(({ observedAt }) => observedAt.includes(side)),
    ),
    verdicts: mergeVerdicts(records),
    latest: records.map(({ latest }) => latest).reduce(laterVerdict),
    firstSeenMs: records.map(({ firstSeenMs }) => firstSeenMs).reduce(earliest),
    lastSeenMs: records.map(({ lastSeenMs }) => lastSeenMs).reduce(latestOfTwo),
    observedSinceMs: records.map(({ observedSinceMs }) => observedSinceMs).reduce(latestOfTwo),
    complete: records.every(({ complete }) => complete),
    sampled: records.some(({ sampled }) => sampled),
    losses: mergeLosses(records.flatMap(({ losses }) => losses)),
    evidence: records.flatMap(({ evidence }) => evidence),
  };
}

function serviceOf(records: readonly ObservedConnection[]): { readonly service?: string } {
  const service = records.find((each) => each.service !== undefined)?.service;
  return service === undefined ? {} : { service };
}

function mergeVerdicts(records: readonly ObservedConnection[]): ObservedConnection['verdicts'] {
  const sides = [
    records.filter(({ observedAt }) => observedAt.includes('source')),
    records.filter(({ observedAt }) => !observedAt.includes('source')),
  ].filter((side) => side.length > 0);
  const merged: Partial<Record<ObservedVerdict, VerdictTally>> = {};
  for (const verdict of OBSERVED_VERDICTS) {
    const tallies = sides.flatMap((side) => {
      const of = side.flatMap(({ verdicts }) => verdicts[verdict] ?? []);
      return of.length === 0 ? [] : [of.reduce(addTallies)];
    });
    if (tallies.length > 0) merged[verdict] = tallies.reduce(SEEN_ONCE.has(verdict) ? addTallies : unitedTallies);
  }
  return merged;
}

/** Of two verdicts at the same time the denial counts: what was let through may have been before it. */
function laterVerdict(a: ObservedConnection['latest'], b: ObservedConnection['latest']): ObservedConnection['latest'] {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.atMs !== b.atMs) return a.atMs > b.atMs ? a : b;
  return a.verdict === 'denied' ? a : b;
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

/** Losses by reason. One that can't be counted makes the sum uncountable. */
function mergeLosses(losses: readonly ObservedLoss[]): readonly ObservedLoss[] {
  const byReason = new Map<ObservedLoss['reason'], number>();
  for (const { reason, count } of losses) {
    const before = byReason.get(reason);
    byReason.set(reason, before === undefined ? count : before === 0 || count === 0 ? 0 : before + count);
  }
  return [...byReason].map(([reason, count]) => ({ reason, count }));
}
