/** Bounds and periods of a reflector. */
export interface ReflectorLimits {
  /** Largest text of one object or event; a larger one is reported as undecodable. etcd itself stores up to 1.5 MB. */
  readonly objectBytesMax: number;
  /** Objects per page where WatchList is refused. */
  readonly pageObjects: number;
  /** A sync that passes no object for this long is broken off. */
  readonly syncStallMs: number;
  /** After this long without event or bookmark the store is asked; after twice as long, if it is ahead, all is synced. */
  readonly bookmarkTimeoutMs: number;
  /** The server is asked to end each watch after a random time between these two. */
  readonly watchMinMs: number;
  readonly watchMaxMs: number;
  /** A watch that lasted this long is followed by the next without a delay. */
  readonly watchSettledMs: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Failures are forgotten when a watch lasted this long. */
  readonly healthyAfterMs: number;
  /** A longer Retry-After is cut to this. */
  readonly retryAfterMaxMs: number;
  /** After so many refusals in a row (401, 403, 404) the kind counts as unavailable; about 4 s with the default backoff. */
  readonly refusalsBelieved: number;
  /** How often is tried again (on average) while the kind is not served, or may not be read. */
  readonly unavailableRetryMs: number;
}

export const DEFAULT_REFLECTOR_LIMITS: ReflectorLimits = {
  objectBytesMax: 4 * 1024 * 1024,
  pageObjects: 500,
  syncStallMs: 60_000,
  bookmarkTimeoutMs: 90_000,
  watchMinMs: 5 * 60_000,
  watchMaxMs: 10 * 60_000,
  watchSettledMs: 10_000,
  backoffBaseMs: 500,
  backoffMaxMs: 30_000,
  healthyAfterMs: 60_000,
  retryAfterMaxMs: 60_000,
  refusalsBelieved: 5,
  unavailableRetryMs: 30_000,
};
