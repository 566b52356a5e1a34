import { describe, expect, test } from 'vitest';
import { newSnapshotId, snapshotBeganMs } from './snapshot-id.ts';
import { SnapshotReplay } from './snapshot-replay.ts';

const nowMs = 1_800_000_000_000;
const begin = { kind: 'begin', reason: 'first' } as const;
const pod = 'kestrel.resources.core.Pod.shop.a';

describe('a snapshot', () => {
  test('given events, then count and digest are those of the contract', () => {
    const replay = SnapshotReplay.start(begin, { knownSeq: 7, nowMs });
    replay.shown(pod, 7);
    // printf 'kestrel.resources.core.Pod.shop.a 7\n' | sha256sum
    const digest = '48e94f6d5bbd16701aacb07a81b71289fd0d018b79c6c1eb9aab6cc7c46da2fb';
    expect(replay.totals()).toEqual({ count: 1, digest });
    expect(replay.totals().digest).toBe(digest);
  });

  test('given fences only, then no object was shown; with one object there was', () => {
    const replay = SnapshotReplay.start(begin, { knownSeq: 2, nowMs });
    replay.shown('kestrel.resources._fence.all', 1);
    expect(replay.hasShownObject).toBe(false);
    replay.shown(pod, 2);
    expect(replay.hasShownObject).toBe(true);
  });

  test('given expired tombstones at the end of the stream, then the cursor ends behind them', () => {
    const replay = SnapshotReplay.start(begin, { knownSeq: 9, nowMs });
    expect(replay.endSeq(5)).toBe(9);
    expect(replay.endSeq(12)).toBe(12);
  });

  test('given one that is resumed, then it keeps its id and age, and counts from nothing', () => {
    const id = newSnapshotId(nowMs - 5_000, '0123456789ab');
    const replay = SnapshotReplay.start({ kind: 'resume', id, seq: 4 }, { knownSeq: 9, nowMs });
    expect(replay).toMatchObject({ id, beganMs: nowMs - 5_000, hasShownObject: true });
    expect(replay.totals().count).toBe(0);
    expect(snapshotBeganMs(SnapshotReplay.start(begin, { knownSeq: 0, nowMs }).id)).toBe(nowMs);
  });
});
