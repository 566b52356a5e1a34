import { snapshotBeganMs } from './snapshot-id.ts';
import type { StreamKind } from './uplinked-streams.ts';

/** A stream as the bus has it. */
export interface StreamStanding {
  readonly epoch: string;
  /** First sequence that is still there; `lastSeq + 1` when the stream is empty. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Life of tombstones; only an inventory has it. */
  readonly tombstoneTtlMs?: number;
}

/** Where the cloud stands. Epoch empty: it has seen nothing of the stream. */
export interface CloudPosition {
  readonly epoch: string;
  readonly committedSeq: number;
  /** Stream time of the committed event, epoch milliseconds; 0 for none. */
  readonly streamTimeMs: number;
}

export interface OpenSnapshot {
  readonly id: string;
  readonly epoch: string;
  /** Last committed sequence of the replay; 0 for none. */
  readonly seq: number;
}

export interface LostRange {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly reason: 'retention' | 'tombstones_expired' | 'store_lost';
  /** 0 when it can't be told. */
  readonly count: number;
}

export type SnapshotPlan =
  | {
      readonly kind: 'begin';
      readonly reason: 'first' | 'new_epoch' | 'tombstones_expired' | 'stale_replay' | 'resync';
    }
  | { readonly kind: 'resume'; readonly id: string; readonly seq: number };

/** What a session does with a stream. */
export interface StreamPlan {
  readonly epoch: string;
  /** Set when the cloud must hear of the epoch first. */
  readonly announce?: { readonly previousEpoch: string; readonly reason: string };
  /** The cloud's cursor within the epoch. */
  readonly cursor: number;
  /** First sequence to read. */
  readonly startSeq: number;
  readonly gap?: LostRange;
  readonly snapshot?: SnapshotPlan;
}

/** Why the present sequences can't be those that the cloud knows by the same epoch. */
export type EpochFault = 'store_behind' | 'store_rewritten';

/**
 * Whether the store still is the one that the cloud's cursor was made from. `laterSeq` is the first sequence whose stream
 * time is later than the cursor's: in the same store it is above the cursor, compacted or not. Restored from an older copy,
 * a store either ends before the cursor or was written on and holds later messages at sequences that the cloud has.
 */
export function epochFault(
  standing: StreamStanding,
  position: CloudPosition,
  laterSeq: number | undefined,
): EpochFault | undefined {
  if (position.epoch !== standing.epoch || position.committedSeq === 0) return undefined;
  if (standing.lastSeq < position.committedSeq) return 'store_behind';
  return laterSeq !== undefined && laterSeq <= position.committedSeq ? 'store_rewritten' : undefined;
}

/** Plans a stream whose epoch is sound. `nowMs` is the time of the bus. */
export function planStream(o: {
  readonly kind: StreamKind;
  readonly standing: StreamStanding;
  readonly position: CloudPosition;
  readonly openSnapshot: OpenSnapshot | undefined;
  readonly fault?: EpochFault | undefined;
  readonly nowMs: number;
}): StreamPlan {
  const { kind, standing, position } = o;
  const { epoch } = standing;
  const known = position.epoch === epoch;
  const announce = known ? {} : { announce: { previousEpoch: position.epoch, reason: announceReason(o) } };
  const cursor = known ? position.committedSeq : 0;
  if (kind === 'inventory') return { epoch, ...announce, cursor, ...planInventory({ ...o, known, cursor }) };
  const gap = kind === 'log' ? hole(standing, cursor, !known && position.epoch !== '') : undefined;
  return { epoch, ...announce, cursor, startSeq: Math.max(cursor + 1, standing.firstSeq), ...(gap && { gap }) };
}

function announceReason(o: { fault?: EpochFault | undefined; position: CloudPosition }): string {
  if (o.fault === 'store_behind') return 'the stream ends before the committed sequence: its store is an older copy';
  if (o.fault === 'store_rewritten')
    return 'committed sequences hold later messages: the store was restored and written on';
  return o.position.epoch === '' ? 'the first epoch that the cloud hears of' : 'the stream was made anew';
}

function hole(standing: StreamStanding, cursor: number, storeLost: boolean): LostRange | undefined {
  const fromSeq = cursor + 1;
  const toSeq = standing.firstSeq - 1;
  if (toSeq < fromSeq) return undefined;
  return { fromSeq, toSeq, reason: storeLost ? 'store_lost' : 'retention', count: toSeq - fromSeq + 1 };
}

function planInventory(o: {
  readonly standing: StreamStanding;
  readonly position: CloudPosition;
  readonly openSnapshot: OpenSnapshot | undefined;
  readonly nowMs: number;
  readonly known: boolean;
  readonly cursor: number;
}): Pick<StreamPlan, 'startSeq' | 'gap' | 'snapshot'> {
  const { standing, position, openSnapshot, nowMs, known, cursor } = o;
  if (!known) return begin(position.epoch === '' ? 'first' : 'new_epoch');
  const resumable = openSnapshot?.epoch === standing.epoch ? openSnapshot : undefined;
  if (resumable) {
    if (!mayResume(resumable, standing, nowMs)) return begin('stale_replay');
    const { id, seq } = resumable;
    return { startSeq: seq + 1, snapshot: { kind: 'resume', id, seq } };
  }
  if (cursor === 0) return begin('first');
  if (!tombstonesAtRisk(standing, cursor, position.streamTimeMs, nowMs)) return { startSeq: cursor + 1 };
  const gap: LostRange = { fromSeq: cursor + 1, toSeq: standing.lastSeq, reason: 'tombstones_expired', count: 0 };
  return { ...begin('tombstones_expired'), gap };
}

type BeginReason = Extract<SnapshotPlan, { kind: 'begin' }>['reason'];

function begin(reason: BeginReason): { startSeq: number; snapshot: SnapshotPlan } {
  return { startSeq: 1, snapshot: { kind: 'begin', reason } };
}

/** A replay that showed an object whose tombstone has come and expired since would keep that object for ever. */
function mayResume(snapshot: OpenSnapshot, standing: StreamStanding, nowMs: number): boolean {
  const beganMs = snapshotBeganMs(snapshot.id);
  if (beganMs === undefined || standing.lastSeq < snapshot.seq) return false;
  return standing.tombstoneTtlMs === undefined || nowMs - beganMs <= standing.tombstoneTtlMs / 2;
}

/** Whether a tombstone after `seq`, which was stored at `seqTimeMs`, may have come and expired unseen. */
export function tombstonesAtRisk(standing: StreamStanding, seq: number, seqTimeMs: number, nowMs: number): boolean {
  if (standing.tombstoneTtlMs === undefined || standing.lastSeq <= seq) return false;
  return nowMs - seqTimeMs > standing.tombstoneTtlMs / 2;
}
