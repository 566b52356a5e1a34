import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Commit } from '@kestrel/proto/cloud';
import { Faults } from '../faults.ts';
import { CommitSender } from './commit-sender.ts';

const commit = (seq: number): Commit => ({
  stream: 's',
  epoch: 'e',
  committedSeq: BigInt(seq),
  streamTimeNs: 0n,
  rejected: [],
  snapshotId: '',
});

let sent: bigint[];
let faults: Faults;
let sender: CommitSender;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  sent = [];
  faults = new Faults();
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  sender = new CommitSender({ send: ({ committedSeq }) => void sent.push(committedSeq), faults, clock });
});
afterEach(() => void vi.useRealTimers());

describe('commit frames', () => {
  test('given no fault, then they go at once', () => {
    sender.send([commit(1), commit(2)]);
    expect(sent).toEqual([1n, 2n]);
  });

  test('given a delay that is taken away, then later commits do not overtake those that wait', () => {
    faults.set({ delayCommitsMs: 100 });
    sender.send([commit(1)]);
    faults.set({ delayCommitsMs: 0 });
    sender.send([commit(2)]);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(sent).toEqual([1n, 2n]);
  });

  test('given that they are dropped or doubled, then so it is', () => {
    faults.set({ dropCommits: true });
    sender.send([commit(1)]);
    faults.set({ dropCommits: false, duplicateCommits: true });
    sender.send([commit(2)]);
    expect(sent).toEqual([2n, 2n]);
  });

  test('given commits that wait, when the session is over, then they are never sent', () => {
    faults.set({ delayCommitsMs: 100 });
    sender.send([commit(1)]);
    sender[Symbol.dispose]();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([]);
  });
});
