/** Bounds of a connection to the API server. */
export interface TransportLimits {
  /** From the first SYN to a usable HTTP/2 session. */
  readonly connectTimeoutMs: number;
  /** Time between PINGs. */
  readonly pingIntervalMs: number;
  /** A connection that passes no byte for this long after a PING is dead. */
  readonly pingTimeoutMs: number;
  /** Deadline of a request: whole answer for get and request, headers only for stream. */
  readonly requestTimeoutMs: number;
  /** Largest answer that get and request keep in memory. */
  readonly bodyBytesMax: number;
  /** Unread bytes that one stream may have in flight: what a slow consumer can make us hold. */
  readonly streamWindowBytes: number;
  /** Unread bytes of all streams together. */
  readonly sessionWindowBytes: number;
}

/** PING figures are those of the operator's promise: a half-open link is found within 15 s. */
export const DEFAULT_TRANSPORT_LIMITS: TransportLimits = {
  connectTimeoutMs: 10_000,
  pingIntervalMs: 10_000,
  pingTimeoutMs: 5_000,
  requestTimeoutMs: 30_000,
  bodyBytesMax: 32 * 1024 * 1024,
  streamWindowBytes: 1024 * 1024,
  sessionWindowBytes: 8 * 1024 * 1024,
};
