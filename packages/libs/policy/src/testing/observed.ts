import type { EndpointQuery } from '../network/peer.ts';
import type { ObservedConnection, ObservedVerdict, VerdictTally } from '../traffic/observed-connection.ts';

/** The end of a day on which all traffic of these tests was seen. */
export const SEEN_AT_MS = Date.UTC(2026, 0, 8);

/** An observed connection, TCP 80 seen let through once at the destination unless told otherwise. */
export function observed(
  source: EndpointQuery,
  destination: EndpointQuery,
  over: Partial<ObservedConnection> = {},
): ObservedConnection {
  return {
    layer: 'l4',
    source,
    destination,
    sourceClass: source.ip === undefined ? 'pod' : 'world',
    destinationClass: destination.ip === undefined ? 'pod' : 'world',
    sourceHidden: false,
    protocol: 'TCP',
    port: 80,
    observedAt: ['destination'],
    verdicts: seen({ forwarded: 1 }),
    latest: { verdict: 'allowed', atMs: SEEN_AT_MS },
    firstSeenMs: SEEN_AT_MS,
    lastSeenMs: SEEN_AT_MS,
    observedSinceMs: SEEN_AT_MS - 7 * 86_400_000,
    complete: true,
    sampled: false,
    losses: [],
    evidence: [{ layer: over.layer ?? 'l4', index: 0 }],
    ...over,
  };
}

/** Tallies of verdicts, all last seen at {@link SEEN_AT_MS}. */
export function seen(counts: Partial<Record<ObservedVerdict, number>>): ObservedConnection['verdicts'] {
  const tallies: Partial<Record<ObservedVerdict, VerdictTally>> = {};
  for (const verdict of ['forwarded', 'denied', 'dropped', 'audited', 'failed'] as const) {
    const count = counts[verdict];
    if (count !== undefined) tallies[verdict] = { count, lastSeenMs: SEEN_AT_MS, reasons: [], policies: [] };
  }
  return tallies;
}

/** Pods of a workload in the namespace `shop`. */
export function workload(name: string, kind = 'Pod'): EndpointQuery {
  return { workload: { kind, namespace: 'shop', name }, namespace: 'shop' };
}
