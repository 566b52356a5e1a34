import { ClientFrame, Gap_Reason, SnapshotMark_Kind } from '@kestrel/proto/cloud';
import type { EpochChange, Gap, Hello, Receipt, SnapshotMark } from '@kestrel/proto/cloud';
import type { LostRange } from '../core/plan-stream.ts';
import type { PackedBatch } from './batch-packer.ts';

type Frame = NonNullable<ClientFrame['frame']>;

/** Which stream, in which epoch. */
export interface StreamName {
  readonly stream: string;
  readonly epoch: string;
}

const gapReasons: Readonly<Record<LostRange['reason'], Gap_Reason>> = {
  retention: Gap_Reason.RETENTION,
  tombstones_expired: Gap_Reason.TOMBSTONES_EXPIRED,
  store_lost: Gap_Reason.STORE_LOST,
};

/** A frame as it goes over the wire: its length is what credit counts. */
export function encodeFrame(frame: Frame): Buffer {
  const bytes = ClientFrame.encode({ frame }).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function helloFrame(value: Hello): Buffer {
  return encodeFrame({ $case: 'hello', value });
}

export function batchFrame(name: StreamName, snapshotId: string | undefined, packed: PackedBatch): Buffer {
  return encodeFrame({ $case: 'batch', value: { ...name, snapshotId: snapshotId ?? '', ...packed } });
}

export function gapFrame(name: StreamName, lost: LostRange): Buffer {
  const { fromSeq, toSeq, reason, count } = lost;
  const range = { fromSeq: BigInt(fromSeq), toSeq: BigInt(toSeq), count: BigInt(count) };
  const value: Gap = { ...name, ...range, reason: gapReasons[reason] };
  return encodeFrame({ $case: 'gap', value });
}

export function epochChangeFrame(value: EpochChange): Buffer {
  return encodeFrame({ $case: 'epochChange', value });
}

export function beginFrame(name: StreamName, snapshotId: string, seq: number): Buffer {
  const nothing = { sentCount: 0n, sentDigest: '' };
  const value: SnapshotMark = { ...name, snapshotId, kind: SnapshotMark_Kind.BEGIN, seq: BigInt(seq), ...nothing };
  return encodeFrame({ $case: 'snapshotMark', value });
}

export function endFrame(
  name: StreamName,
  snapshotId: string,
  seq: number,
  totals: { readonly count: number; readonly digest: string },
): Buffer {
  const sent = { sentCount: BigInt(totals.count), sentDigest: totals.digest };
  const value: SnapshotMark = { ...name, snapshotId, kind: SnapshotMark_Kind.END, seq: BigInt(seq), ...sent };
  return encodeFrame({ $case: 'snapshotMark', value });
}

export function receiptFrame(value: Receipt): Buffer {
  return encodeFrame({ $case: 'receipt', value });
}

export function heartbeatFrame(nowMs: number): Buffer {
  return encodeFrame({ $case: 'heartbeat', value: { sentAtMs: BigInt(Math.floor(nowMs)) } });
}
