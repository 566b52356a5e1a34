import { OBSERVED_VERDICTS } from '../traffic/observed-connection.ts';
import type { ObservedConnection, ObservedVerdict } from '../traffic/observed-connection.ts';
import type { Observed } from './simulation.ts';

/** What was seen of a connection, as results show it. */
export function observedOf(connection: ObservedConnection): Observed {
  const { verdicts, lastSeenMs, observedSinceMs, latest, complete, evidence } = connection;
  const counts: Partial<Record<ObservedVerdict, number>> = {};
  for (const verdict of OBSERVED_VERDICTS) {
    const tally = verdicts[verdict];
    if (tally !== undefined && tally.count > 0) counts[verdict] = tally.count;
  }
  return {
    counts,
    lastSeen: timeText(lastSeenMs),
    since: timeText(observedSinceMs),
    latest: latest?.verdict,
    complete,
    evidence,
  };
}

/** Everything that was seen of it, whatever became of it. */
export function totalCount({ verdicts }: ObservedConnection): number {
  return OBSERVED_VERDICTS.reduce((sum, verdict) => sum + (verdicts[verdict]?.count ?? 0), 0);
}

/** ISO 8601; undefined for a time that is not known, or beyond what a date can be. */
export function timeText(ms: number | undefined): string | undefined {
  return ms === undefined || Math.abs(ms) > 8.64e15 ? undefined : new Date(ms).toISOString();
}
