/** Where time comes from. Pure code takes one instead of reading the machine's clock, so that tests own time. */
export interface Clock {
  /** Wall clock: milliseconds since the Unix epoch. It may jump; never measure with it. */
  nowMs(): number;
  /** Milliseconds from an arbitrary origin, never going back: for durations and deadlines. */
  monotonicMs(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
