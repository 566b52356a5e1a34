import type { TrafficClass } from '@kestrel/proto/cloud';

/** A stream that has something to send. */
export interface Candidate {
  readonly trafficClass: TrafficClass;
  /** Encoded bytes that wait, about. */
  readonly waitingBytes: number;
  /** Monotonic time since which the oldest of them waits. */
  readonly waitingSinceMs: number;
  /** An event of it is sent in part. */
  readonly isWithinEvent: boolean;
  /** Grows with each batch of any stream; the lowest of a class goes first. */
  readonly servedAt: number;
}

export interface LinkState {
  readonly hasRoom: boolean;
  readonly isIdle: boolean;
  readonly frameBytesMax: number;
  /** When the next part of a large event may go; monotonic. */
  readonly partDueMs: number;
  readonly maySend: (trafficClass: TrafficClass) => boolean;
}

/** While others are under way, less than a frame waits this long for company. */
const lingerMs = 5;

export type Choice<C> =
  | { readonly kind: 'send'; readonly candidate: C }
  | { readonly kind: 'wait'; readonly untilMs: number };

/**
 * Which stream sends next: the most urgent class that has credit (the enum's order is the order of urgency), and within it
 * the one that waited longest for its turn. `untilMs` is infinite when only an event from outside can change the answer.
 */
export function chooseStream<C extends Candidate>(candidates: readonly C[], link: LinkState, nowMs: number): Choice<C> {
  let untilMs = Number.POSITIVE_INFINITY;
  const ready = candidates.filter((candidate) => {
    if (!link.maySend(candidate.trafficClass)) return false;
    const dueMs = dueAtMs(candidate, link);
    if (dueMs > nowMs) untilMs = Math.min(untilMs, dueMs);
    return dueMs <= nowMs;
  });
  const [first] = ready.toSorted((a, b) => a.trafficClass - b.trafficClass || a.servedAt - b.servedAt);
  return first === undefined ? { kind: 'wait', untilMs } : { kind: 'send', candidate: first };
}

function dueAtMs(candidate: Candidate, link: LinkState): number {
  // The commit that would make room can't come before the event is whole.
  if (candidate.isWithinEvent) return link.hasRoom ? 0 : link.partDueMs;
  if (!link.hasRoom) return Number.POSITIVE_INFINITY;
  if (link.isIdle || candidate.waitingBytes >= link.frameBytesMax) return 0;
  return candidate.waitingSinceMs + lingerMs;
}
