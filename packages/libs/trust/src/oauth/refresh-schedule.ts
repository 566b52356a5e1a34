/** When a token is to be replaced, and until when it may still be sent. Epoch milliseconds. */
export interface RefreshSchedule {
  /** From here on a new token is fetched in the background while this one is still used. */
  readonly refreshDueMs: number;
  /** From here on this token is not handed out any more: on its way it would expire. */
  readonly usableUntilMs: number;
  /** The issuer's own expiry. */
  readonly expiresAtMs: number;
}

/** Assumed when an issuer leaves `expires_in` out (RFC 6749 only recommends it). */
export const lifetimeWithoutExpiresInMs = 300_000;

/** Kept free before the expiry for the way to the server and for clocks that differ; never more than a tenth of the life. */
const expiryMarginMaxMs = 30_000;
const expiryMarginShare = 0.1;
/** Refreshed between these shares of the life, chosen at random, so that many clients don't come at once. */
const refreshShareMin = 0.65;
const refreshShareMax = 0.85;

/**
 * Plans one token: refresh at 65 to 85 % of its life, unusable 30 s (or a tenth of its life) before its expiry.
 * `lifetimeMs` is the issuer's `expires_in`; `random` in [0, 1).
 */
export function refreshSchedule(o: { obtainedAtMs: number; lifetimeMs: number; random: number }): RefreshSchedule {
  const share = refreshShareMin + (refreshShareMax - refreshShareMin) * o.random;
  const margin = Math.min(expiryMarginMaxMs, o.lifetimeMs * expiryMarginShare);
  const expiresAtMs = o.obtainedAtMs + o.lifetimeMs;
  return {
    refreshDueMs: Math.floor(o.obtainedAtMs + o.lifetimeMs * share),
    usableUntilMs: Math.floor(expiresAtMs - margin),
    expiresAtMs,
  };
}
