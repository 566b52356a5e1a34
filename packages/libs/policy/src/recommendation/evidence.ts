/** What was seen of allowed traffic. Times in milliseconds since 1970. */
export interface Evidence {
  /** Flows, connections or requests. */
  readonly count: number;
  /** Infinity where no time is known. */
  readonly firstMs: number;
  /** -Infinity where no time is known. */
  readonly lastMs: number;
  /** False when something is known to be lost, or the source samples. */
  readonly complete: boolean;
}

/** Nothing seen; the neutral element of {@link joinEvidence}. */
export const noEvidence: Evidence = { count: 0, firstMs: Infinity, lastMs: -Infinity, complete: true };

/** Both together. */
export function joinEvidence(a: Evidence, b: Evidence): Evidence {
  return {
    count: a.count + b.count,
    firstMs: Math.min(a.firstMs, b.firstMs),
    lastMs: Math.max(a.lastMs, b.lastMs),
    complete: a.complete && b.complete,
  };
}

/** As it stands in an annotation: `seen=12 first=2026-11-01 last=2026-11-24`. Days, so that it stays the same for a day. */
export function evidenceText({ count, firstMs, lastMs, complete }: Evidence): string {
  const times = Number.isFinite(firstMs) && Number.isFinite(lastMs) ? ` first=${day(firstMs)} last=${day(lastMs)}` : '';
  if (count === 0) return 'not seen';
  return `seen=${count}${times}${complete ? '' : ' incomplete'}`;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 'YYYY-MM-DD'.length);
}
