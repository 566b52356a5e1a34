/** Every way in which a cluster can break what it promised. */
export const VIOLATION_KINDS = [
  'stream_unknown', // a frame about a stream that the protocol does not know
  'sequence_twice', // a sequence that is already here came again outside of a snapshot
  'sequence_behind', // a sequence at or below the cursor that never was here: out of order
  'hole', // sequences are missing on a stream that is not compacted, and no Gap said so
  'gap_invalid', // a Gap with an impossible range, or one that claims what was committed
  'epoch_unannounced', // a frame of an epoch that no EpochChange announced
  'epoch_reused', // an EpochChange to an epoch that the stream already had
  'epoch_previous_wrong', // an EpochChange that names another previous epoch than the cursor's
  'epoch_without_snapshot', // resources outside of a snapshot before the epoch's first one was complete
  'name_reused', // two different events under one (stream, epoch, seq)
  'batch_undecodable', // a batch whose payload can't be unpacked
  'batch_too_large', // a batch or frame over its limit
  'parts_broken', // parts of a split event that do not follow each other
  'credit_exceeded', // more bytes of a class than was allowed, and not only by one frame
  'snapshot_unknown', // a batch or end of a snapshot that is not open
  'snapshot_out_of_order', // sequences of a snapshot do not rise within a session
  'snapshot_mismatch', // the end of a snapshot states another count or digest than was received
  'snapshot_end_behind', // the end of a snapshot would move the cursor back
  'frame_unexpected', // a frame that has no place here, or can't be read
  'receipt_unknown', // a receipt for a command that was never sent
] as const;

/** One of them. */
export type ViolationKind = (typeof VIOLATION_KINDS)[number];

/** One breach, as it is kept. Sequence 0 where it is about none. */
export interface Violation {
  readonly session: string;
  readonly kind: ViolationKind;
  readonly stream: string;
  readonly epoch: string;
  readonly seq: bigint;
  /** One sentence for a person. */
  readonly detail: string;
}
