/** What the endpoint allows and how often it acts. */
export interface EndpointLimits {
  /** Largest frame, in bytes. */
  readonly frameBytesMax: number;
  /** Largest payload of a batch after inflating, and largest event, in bytes. */
  readonly batchBytesMax: number;
  readonly heartbeatIntervalMs: number;
  /** Silence after which a session is over. */
  readonly deadAfterMs: number;
  /** How long a new call may wait with its Hello. */
  readonly helloTimeoutMs: number;
  /** Longest wait of an event for its commit. */
  readonly commitIntervalMs: number;
  /** Bytes of batches after which a commit does not wait any longer. */
  readonly commitBytesMax: number;
  /** Credit of each class at the start of a session: what may be under way, in bytes. */
  readonly classCreditBytes: number;
  /** HTTP/2 receive window of streams and connections, in bytes. */
  readonly receiveWindowBytes: number;
}

export const defaultLimits: EndpointLimits = {
  frameBytesMax: 1024 * 1024,
  batchBytesMax: 8 * 1024 * 1024,
  heartbeatIntervalMs: 5_000,
  deadAfterMs: 12_000,
  helloTimeoutMs: 10_000,
  commitIntervalMs: 20,
  commitBytesMax: 4 * 1024 * 1024,
  classCreditBytes: 8 * 1024 * 1024,
  receiveWindowBytes: 8 * 1024 * 1024,
};
