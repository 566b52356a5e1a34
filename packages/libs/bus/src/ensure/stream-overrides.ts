/** What a deployment may decide about a stream or bucket; everything else is the topology's. */
export interface StreamOverrides {
  readonly bytesMax?: number;
  readonly ageMaxMs?: number;
  readonly msgsMax?: number;
  /** 1 on a single server, 3 on a cluster. */
  readonly replicas?: 1 | 3 | 5;
  /** Only on the compacted stream. */
  readonly tombstoneTtlMs?: number;
}
