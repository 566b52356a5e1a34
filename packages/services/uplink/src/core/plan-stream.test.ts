import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochFault, planStream, tombstonesAtRisk } from './plan-stream.ts';
import type { CloudPosition, StreamStanding } from './plan-stream.ts';
import { newSnapshotId, snapshotBeganMs } from './snapshot-id.ts';

const nowMs = 1_800_000_000_000;
const ttlMs = 60_000;
const at = (over: Partial<StreamStanding> = {}): StreamStanding => ({
  epoch: 'e1',
  firstSeq: 1,
  lastSeq: 100,
  ...over,
});
const cloud = (over: Partial<CloudPosition> = {}): CloudPosition => ({
  epoch: 'e1',
  committedSeq: 40,
  streamTimeMs: nowMs - 1_000,
  ...over,
});
const plan = (o: Partial<Parameters<typeof planStream>[0]>) =>
  planStream({ kind: 'log', standing: at(), position: cloud(), openSnapshot: undefined, nowMs, ...o });

describe('the epoch of a stream', () => {
  test('given the same store, when later messages are above the cursor, then it holds', () => {
    expect(epochFault(at(), cloud(), 41)).toBeUndefined();
    expect(epochFault(at(), cloud(), 77)).toBeUndefined();
    expect(epochFault(at({ lastSeq: 40 }), cloud(), undefined)).toBeUndefined();
  });

  test('given a store that ends before the cursor, then it is an older copy', () => {
    expect(epochFault(at({ lastSeq: 39 }), cloud(), undefined)).toBe('store_behind');
  });

  test('given a restored store that was written past the cursor, then it is seen by the times', () => {
    expect(epochFault(at(), cloud(), 31)).toBe('store_rewritten');
    expect(epochFault(at(), cloud(), 40)).toBe('store_rewritten');
  });

  test('given a cloud that has nothing of this epoch, then there is nothing to compare', () => {
    expect(epochFault(at({ lastSeq: 0 }), cloud({ committedSeq: 0 }), undefined)).toBeUndefined();
    expect(epochFault(at({ lastSeq: 0 }), cloud({ epoch: 'e0' }), 1)).toBeUndefined();
  });
});

describe('a log', () => {
  test('given everything after the cursor, then it goes on there', () => {
    expect(plan({})).toEqual({ epoch: 'e1', cursor: 40, startSeq: 41 });
  });

  test('given retention that passed the cursor, then the hole is told', () => {
    expect(plan({ standing: at({ firstSeq: 51 }) })).toEqual({
      epoch: 'e1',
      cursor: 40,
      startSeq: 51,
      gap: { fromSeq: 41, toSeq: 50, reason: 'retention', count: 10 },
    });
  });

  test('given an epoch that the cloud does not know, then it is announced and read from its first message', () => {
    const made = plan({ standing: at({ epoch: 'e2', firstSeq: 3 }) });
    expect(made.announce?.previousEpoch).toBe('e1');
    expect(made).toMatchObject({ cursor: 0, startSeq: 3, gap: { fromSeq: 1, toSeq: 2, reason: 'store_lost' } });
  });

  test('given a cloud that has seen nothing, then the epoch is announced and an early hole is retention', () => {
    const made = plan({ standing: at({ firstSeq: 3 }), position: cloud({ epoch: '', committedSeq: 0 }) });
    expect(made).toMatchObject({ announce: { previousEpoch: '' }, gap: { reason: 'retention', count: 2 } });
  });

  test('whatever the numbers, no sequence is read twice and none is missing without a gap', () => {
    const seq = fc.nat(1_000);
    fc.assert(
      fc.property(seq, seq, seq, (committedSeq, firstSeq, length) => {
        const standing = at({ firstSeq: firstSeq + 1, lastSeq: firstSeq + length });
        const made = plan({ standing, position: cloud({ committedSeq }) });
        expect(made.startSeq).toBeGreaterThan(committedSeq);
        expect(made.startSeq).toBe((made.gap?.toSeq ?? committedSeq) + 1);
        expect(made.gap?.fromSeq ?? committedSeq + 1).toBe(committedSeq + 1);
      }),
    );
  });
});

test('given edges, which are compacted, when the first sequence is far, then there is no gap and no snapshot', () => {
  expect(plan({ kind: 'latest', standing: at({ firstSeq: 90 }) })).toEqual({ epoch: 'e1', cursor: 40, startSeq: 90 });
});

const inventory = (o: Partial<Parameters<typeof planStream>[0]>) =>
  plan({ kind: 'inventory', standing: at({ tombstoneTtlMs: ttlMs, firstSeq: 20 }), ...o });

describe('the inventory', () => {
  test('given a cursor younger than half of a tombstone, then it goes on, whatever was compacted', () => {
    expect(inventory({})).toEqual({ epoch: 'e1', cursor: 40, startSeq: 41 });
  });

  test('given a cloud that has nothing, then a snapshot begins', () => {
    const made = inventory({ position: cloud({ epoch: '', committedSeq: 0 }) });
    expect(made).toMatchObject({ startSeq: 1, snapshot: { kind: 'begin', reason: 'first' } });
    expect(inventory({ position: cloud({ epoch: 'e0' }) }).snapshot).toEqual({ kind: 'begin', reason: 'new_epoch' });
  });

  test('given tombstones that may have expired unseen, then that is told and a snapshot begins', () => {
    expect(inventory({ position: cloud({ streamTimeMs: nowMs - ttlMs / 2 - 1 }) })).toEqual({
      epoch: 'e1',
      cursor: 40,
      startSeq: 1,
      gap: { fromSeq: 41, toSeq: 100, reason: 'tombstones_expired', count: 0 },
      snapshot: { kind: 'begin', reason: 'tombstones_expired' },
    });
    expect(inventory({ position: cloud({ streamTimeMs: nowMs - ttlMs / 2 }) }).snapshot).toBeUndefined();
  });

  test('given an old cursor but nothing behind it, then nothing can have been missed', () => {
    const standing = at({ tombstoneTtlMs: ttlMs, lastSeq: 40 });
    expect(inventory({ standing, position: cloud({ streamTimeMs: 1 }) })).toEqual({
      epoch: 'e1',
      cursor: 40,
      startSeq: 41,
    });
    expect(tombstonesAtRisk(standing, 39, 1, nowMs)).toBe(true);
  });

  test('given a snapshot that was cut, then it goes on where it stood', () => {
    const id = newSnapshotId(nowMs - 5_000, 'abcdef012345');
    expect(inventory({ openSnapshot: { id, epoch: 'e1', seq: 33 } })).toMatchObject({
      startSeq: 34,
      snapshot: { kind: 'resume', id, seq: 33 },
    });
  });

  test('given a cut snapshot older than half of a tombstone, of another epoch or of an unknown age, then another begins', () => {
    const stale = newSnapshotId(nowMs - ttlMs / 2 - 1, 'abcdef012345');
    expect(inventory({ openSnapshot: { id: stale, epoch: 'e1', seq: 3 } }).snapshot).toMatchObject({
      reason: 'stale_replay',
    });
    expect(inventory({ openSnapshot: { id: 'other', epoch: 'e1', seq: 3 } }).snapshot).toMatchObject({ kind: 'begin' });
    expect(inventory({ openSnapshot: { id: stale, epoch: 'e0', seq: 3 } })).toEqual({
      epoch: 'e1',
      cursor: 40,
      startSeq: 41,
    });
  });

  test('an id tells when its snapshot began, and only its own kind does', () => {
    expect(snapshotBeganMs(newSnapshotId(nowMs + 0.7, '0123456789ab'))).toBe(nowMs);
    expect(snapshotBeganMs('snap-x')).toBeUndefined();
  });
});
