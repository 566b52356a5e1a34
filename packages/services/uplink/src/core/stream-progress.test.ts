import { describe, expect, test } from 'vitest';
import { FlightWindow } from './flight-window.ts';
import { StreamProgress } from './stream-progress.ts';
import type { CommitNotice, SentFrame } from './stream-progress.ts';

const commitOf = (seq: number, over: Partial<CommitNotice> = {}): CommitNotice => ({
  epoch: 'e1',
  seq,
  snapshotId: '',
  streamTimeMs: seq * 10,
  rejected: [],
  ...over,
});

function fixture(cursor = 10) {
  const window = new FlightWindow({ windowBytesMax: 1_000_000 });
  const progress = new StreamProgress({ epoch: 'e1', cursor, streamTimeMs: 0 });
  const send = (lastSeq: number, snapshotId?: string): SentFrame => {
    const events = [{ seq: lastSeq, subject: `subject-${lastSeq}` }];
    const frame = { lastSeq, snapshotId, flight: window.sent(100, 0), events };
    progress.sentBatch(frame);
    return frame;
  };
  return { progress, send };
}

describe('commits of a stream', () => {
  test('given frames, when a commit covers some, then these are settled and the cursor moves', () => {
    const { progress, send } = fixture();
    const [first, second] = [send(12), send(15)];
    expect(progress.commit(commitOf(13))).toMatchObject({ flights: [first.flight], cursorMoved: true });
    expect(progress.committedSeq).toBe(13);
    expect(progress.commit(commitOf(15)).flights).toEqual([second.flight]);
    expect(progress.unsettledFrames).toBe(0);
    expect(progress.committedTimeMs).toBe(150);
  });

  test('given a commit again, then nothing happens', () => {
    const { progress, send } = fixture();
    send(12);
    progress.commit(commitOf(12));
    expect(progress.commit(commitOf(12)).flights).toEqual([]);
  });

  test.each([
    ['beyond what was sent', commitOf(13)],
    ['backwards', commitOf(9)],
    ['of another epoch', commitOf(12, { epoch: 'e0' })],
    ['of a snapshot that never was', commitOf(12, { snapshotId: 'snap' })],
  ])('given a commit %s, then it is refused and the cursor stays', (_name, notice) => {
    const { progress, send } = fixture();
    send(12);
    expect(() => progress.commit(notice)).toThrow(expect.objectContaining({ code: 'protocol_error' }));
    expect(progress.committedSeq).toBe(10);
  });

  test('given a gap that was told, then the cloud may commit its end', () => {
    const { progress } = fixture();
    progress.sentGap(20);
    expect(progress.commit(commitOf(20)).cursorMoved).toBe(true);
  });

  test('given a rejection, then its subject is known', () => {
    const { progress, send } = fixture();
    send(11);
    send(12);
    const { rejected } = progress.commit(commitOf(12, { rejected: [{ seq: 12, code: 'undecodable' }] }));
    expect(rejected).toEqual([{ seq: 12, code: 'undecodable', subject: 'subject-12' }]);
  });
});

describe('rejections and snapshots that come again', () => {
  test('given the same rejection in a commit that is repeated, then it is told once', () => {
    const { progress, send } = fixture();
    send(12);
    const rejected = [{ seq: 12, code: 'undecodable' }];
    expect(progress.commit(commitOf(12, { rejected })).rejected).toHaveLength(1);
    expect(progress.commit(commitOf(12, { rejected })).rejected).toEqual([]);
  });

  test('given a rejection of what the commit does not settle, then it means nothing', () => {
    const { progress, send } = fixture();
    send(12);
    expect(progress.commit(commitOf(12, { rejected: [{ seq: 999, code: 'undecodable' }] })).rejected).toEqual([]);
  });

  test('given snapshots without end, then only the latest that were given up are known', () => {
    const { progress } = fixture();
    for (let count = 0; count <= 65; count += 1) progress.beginReplay(`snap-${count}`, 0);
    expect(progress.commit(commitOf(0, { snapshotId: 'snap-1' })).flights).toEqual([]);
    expect(() => progress.commit(commitOf(0, { snapshotId: 'snap-0' }))).toThrow("can't be true");
  });
});

describe('commits of a snapshot', () => {
  test('given a replay, then its commits leave the cursor, and the commit of its end moves it', () => {
    const { progress, send } = fixture(10);
    progress.beginReplay('snap', 0);
    const [first, second] = [send(5, 'snap'), send(14, 'snap')];
    expect(progress.commit(commitOf(5, { snapshotId: 'snap' }))).toEqual({
      flights: [first.flight],
      rejected: [],
      cursorMoved: false,
    });
    expect(progress.committedSeq).toBe(10);
    progress.endReplay(14);
    const after = send(16);
    expect(progress.commit(commitOf(14)).flights).toEqual([second.flight]);
    expect(progress.replay).toBeUndefined();
    expect(progress.commit(commitOf(16)).flights).toEqual([after.flight]);
  });

  test('given a commit beyond the replay or back in it, then it is refused', () => {
    const { progress, send } = fixture(0);
    progress.beginReplay('snap', 0);
    send(5, 'snap');
    expect(() => progress.commit(commitOf(6, { snapshotId: 'snap' }))).toThrow("can't be true");
    progress.commit(commitOf(5, { snapshotId: 'snap' }));
    expect(() => progress.commit(commitOf(4, { snapshotId: 'snap' }))).toThrow("can't be true");
    expect(() => progress.commit(commitOf(5))).toThrow("can't be true");
  });

  test('given another snapshot asked for, then the first one is given up and its late commits mean nothing', () => {
    const { progress, send } = fixture(0);
    progress.beginReplay('snap-1', 0);
    const given = send(5, 'snap-1');
    expect(progress.beginReplay('snap-2', 0)).toEqual([given.flight]);
    expect(progress.commit(commitOf(5, { snapshotId: 'snap-1' })).flights).toEqual([]);
    expect(progress.replay).toEqual({ id: 'snap-2', committedSeq: 0, ended: false });
  });
});
