import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Gap_Reason, SnapshotMark_Kind, type Event, type Gap } from '@kestrel/proto/cloud';
import { fence, pod, podDigest, podGone, statusChange, timeOf } from '../../test/support/events.ts';
import { LedgerFixture } from '../../test/support/ledger-fixture.ts';
import type { Outcome } from './session-ledger.ts';

const RESOURCES = 'KESTREL_RESOURCES';
const EVENTS = 'KESTREL_EVENTS';

let fixture: LedgerFixture;

beforeEach(async () => {
  fixture = await LedgerFixture.open();
});
afterEach(async () => await fixture[Symbol.asyncDispose]());

const announce = (stream: string, epoch = 'e1', previousEpoch = ''): Outcome =>
  fixture.ledger.epochChange({ stream, epoch, previousEpoch, reason: '' });
const batch = (stream: string, events: Event[], over: { epoch?: string; snapshotId?: string } = {}): Outcome =>
  fixture.ledger.batch({ stream, epoch: 'e1', snapshotId: '', events, ...over });
const gap = (over: Partial<Gap>): Outcome => {
  const base = { stream: EVENTS, epoch: 'e1', fromSeq: 1n, toSeq: 1n, reason: Gap_Reason.RETENTION, count: 0n };
  return fixture.ledger.gap({ ...base, ...over });
};

function begin(snapshotId: string, epoch = 'e1'): Outcome {
  const base = { stream: RESOURCES, epoch, snapshotId, seq: 0n, sentCount: 0n, sentDigest: '' };
  return fixture.ledger.snapshotMark({ ...base, kind: SnapshotMark_Kind.BEGIN });
}

function end(
  snapshotId: string,
  sent: Event[],
  seq: number,
  over: { epoch?: string; sentCount?: bigint; sentDigest?: string } = {},
): Outcome {
  const hash = createHash('sha256');
  for (const event of sent) hash.update(`${event.subject} ${event.seq}\n`);
  const totals = { sentCount: BigInt(sent.length), sentDigest: hash.digest('hex') };
  const mark = { stream: RESOURCES, epoch: 'e1', snapshotId, kind: SnapshotMark_Kind.END, seq: BigInt(seq) };
  return fixture.ledger.snapshotMark({ ...mark, ...totals, ...over });
}

function snapshot(id: string, events: Event[], seq: number, epoch = 'e1'): Outcome {
  begin(id, epoch);
  batch(RESOURCES, events, { snapshotId: id, epoch });
  return end(id, events, seq, { epoch });
}

function strayBatch(): Outcome {
  announce(RESOURCES);
  return batch(RESOURCES, [pod(1, 'web')], { snapshotId: 'nobody' });
}

function logSnapshot(): Outcome {
  announce(EVENTS);
  const mark = { stream: EVENTS, epoch: 'e1', snapshotId: 's', kind: SnapshotMark_Kind.BEGIN, seq: 0n };

  return fixture.ledger.snapshotMark({ ...mark, sentCount: 0n, sentDigest: '' });
}

describe('a log', () => {
  beforeEach(() => void announce(EVENTS));

  test('given sequences without holes, then they are committed once and nothing is found', () => {
    batch(EVENTS, [statusChange(1), statusChange(2)]);
    batch(EVENTS, [statusChange(3)]);
    expect(fixture.ledger.commit()).toEqual([
      { stream: EVENTS, epoch: 'e1', snapshotId: '', committedSeq: 3n, streamTimeNs: timeOf(3), rejected: [] },
    ]);
    expect(fixture.violations()).toEqual([]);
    expect(fixture.reader.events({ stream: EVENTS, limit: 10 }).map(({ seq }) => seq)).toEqual([1n, 2n, 3n]);
  });

  test('given a sequence that comes again, then that is found and it is kept once', () => {
    batch(EVENTS, [statusChange(1), statusChange(2)]);
    batch(EVENTS, [statusChange(2), statusChange(3)]);
    expect(fixture.violations()).toEqual(['sequence_twice']);
    expect(fixture.reader.counts()).toMatchObject([{ events: 3 }]);
  });

  test('given a hole, then that is found, and what comes late is out of order', () => {
    batch(EVENTS, [statusChange(1), statusChange(3)]);
    batch(EVENTS, [statusChange(2)]);
    expect(fixture.violations()).toEqual(['hole', 'sequence_behind']);
  });

  test('given a hole that a Gap names, then nothing is found and the Gap is kept', () => {
    batch(EVENTS, [statusChange(1)]);
    gap({ fromSeq: 2n, toSeq: 4n, count: 3n });
    batch(EVENTS, [statusChange(5)]);
    expect(fixture.violations()).toEqual([]);
    expect(fixture.reader.gaps()).toMatchObject([{ fromSeq: 2n, toSeq: 4n, count: 3n, reason: 'REASON_RETENTION' }]);
  });

  test('given a Gap at the end, then the cursor moves behind it, with a time after the last event', () => {
    batch(EVENTS, [statusChange(1)]);
    gap({ fromSeq: 2n, toSeq: 4n });
    expect(fixture.ledger.commit()).toMatchObject([{ committedSeq: 4n, streamTimeNs: timeOf(1) + 1n }]);
  });

  test.each([
    ['claims what was committed', { fromSeq: 1n, toSeq: 4n }, 'gap_invalid'],
    ['leaves a hole before it', { fromSeq: 3n, toSeq: 4n }, 'hole'],
    ['has no range', { fromSeq: 3n, toSeq: 2n }, 'gap_invalid'],
  ])('given a Gap that %s, then that is found', (_what, range, kind) => {
    batch(EVENTS, [statusChange(1)]);
    gap(range);
    expect(fixture.violations()).toEqual([kind]);
  });

  test('given an event that can not be used, then it is rejected, committed and kept', () => {
    const poison = { ...statusChange(2), data: Buffer.from('{') };
    batch(EVENTS, [statusChange(1), poison, statusChange(3)]);
    expect(fixture.ledger.commit()).toMatchObject([{ committedSeq: 3n, rejected: [{ seq: 2n, code: 'undecodable' }] }]);
    expect(fixture.reader.rejected()).toMatchObject([{ seq: 2n, rejected: 'undecodable' }]);
    expect(fixture.violations()).toEqual([]);
  });

  test('given nothing new, then there is nothing to commit', () => {
    batch(EVENTS, [statusChange(1)]);
    fixture.ledger.commit();
    expect(fixture.ledger.commit()).toEqual([]);
  });
});

describe('frames that make no sense', () => {
  test.each([
    ['a batch of an epoch that was never announced', 'epoch_unannounced', () => batch(EVENTS, [statusChange(1)])],
    ['a batch of another epoch', 'epoch_unannounced', () => (announce(EVENTS), batch(EVENTS, [], { epoch: 'e2' }))],
    ['a batch of a stream that nobody knows', 'stream_unknown', () => batch('KESTREL_SECRETS', [])],
    ['a Gap in an epoch that was never announced', 'epoch_unannounced', () => gap({})],
    ['an epoch that the stream already had', 'epoch_reused', () => (announce(EVENTS), announce(EVENTS, 'e1', 'e1'))],
    ['a snapshot of a log', 'snapshot_unknown', () => logSnapshot()],
    ['a batch of a snapshot that was not begun', 'snapshot_unknown', () => strayBatch()],
    ['the end of a snapshot that was not begun', 'snapshot_unknown', () => (announce(RESOURCES), end('s', [], 0))],
    ['a snapshot that has ended', 'snapshot_unknown', () => (announce(RESOURCES), snapshot('s', [], 0), begin('s'))],
  ] as const)('given %s, then that is found and the session must end', (_what, kind, frame) => {
    expect(frame().kind).toBe('protocol_error');
    expect(fixture.violations()).toEqual([kind]);
  });

  test('given an epoch change that names another previous epoch than the cursor has, then that is found', () => {
    announce(EVENTS, 'e1', 'e0');
    expect(fixture.violations()).toEqual(['epoch_previous_wrong']);
  });
});

describe('the inventory', () => {
  beforeEach(() => void announce(RESOURCES));

  test('given a snapshot and what follows, then the objects are those that exist', () => {
    snapshot('s1', [fence(1), pod(4, 'cart'), pod(7, 'web'), podGone(8, 'old')], 8);
    batch(RESOURCES, [podGone(12, 'cart'), pod(20, 'db')]);
    expect(fixture.objects()).toEqual(['db', 'web']);
    expect(fixture.violations()).toEqual([]);
  });

  test('given resources before the first snapshot is complete, then that is found', () => {
    batch(RESOURCES, [pod(1, 'web')]);
    expect(fixture.violations()).toEqual(['epoch_without_snapshot']);
  });

  test('given a later snapshot, then what it does not show is deleted, and what it shows again is no repetition', () => {
    snapshot('s1', [pod(1, 'cart'), pod(2, 'web')], 2);
    snapshot('s2', [pod(2, 'web'), pod(3, 'db')], 3);
    expect(fixture.objects()).toEqual(['db', 'web']);
    expect(fixture.violations()).toEqual([]);
  });

  test('given a new epoch, then the old objects stay until its snapshot is complete', () => {
    snapshot('s1', [pod(5, 'cart'), pod(6, 'web')], 6);
    announce(RESOURCES, 'e2', 'e1');
    expect(fixture.objects()).toEqual(['cart', 'web']);
    snapshot('s2', [pod(1, 'web')], 1, 'e2');
    expect(fixture.objects()).toEqual(['web']);
    expect(fixture.violations()).toEqual([]);
  });

  test('given a new epoch, then a snapshot of the old one can not be gone on with', () => {
    begin('s1');
    announce(RESOURCES, 'e2', 'e1');
    expect(fixture.store.openSnapshots()).toEqual([]);
    expect(fixture.store.snapshot('s1')).toBe('ended');
  });

  test('given a snapshot that shows an older state than is known, then the newer one stays', () => {
    snapshot('s1', [pod(1, 'web')], 1);
    batch(RESOURCES, [pod(5, 'web')]);
    begin('s2');
    batch(RESOURCES, [pod(3, 'web')], { snapshotId: 's2' });
    fixture.ledger.commit();
    expect(fixture.reader.inventory()).toMatchObject([{ seq: 5n, digest: podDigest(5, 'web') }]);
  });

  test('given an open snapshot, then the cursor stays and its own position is committed', () => {
    begin('s1');
    batch(RESOURCES, [pod(3, 'web')], { snapshotId: 's1' });
    expect(fixture.ledger.commit()).toMatchObject([{ snapshotId: 's1', committedSeq: 3n }]);
    expect(fixture.store.cursor(RESOURCES)).toMatchObject({ seq: 0n });
    end('s1', [pod(3, 'web')], 3);
    expect(fixture.ledger.commit()).toMatchObject([{ snapshotId: '', committedSeq: 3n, streamTimeNs: timeOf(3) }]);
  });

  test('given a snapshot that is cut, when another session goes on, then each states what it sent itself', () => {
    begin('s1');
    batch(RESOURCES, [pod(1, 'cart'), pod(2, 'web')], { snapshotId: 's1' });
    fixture.ledger.commit();
    fixture.newSession('session-2');
    expect(fixture.store.openSnapshots()).toMatchObject([{ id: 's1', shownSeq: 2n }]);
    batch(RESOURCES, [pod(4, 'db')], { snapshotId: 's1' });
    end('s1', [pod(4, 'db')], 4);
    expect(fixture.objects()).toEqual(['cart', 'db', 'web']);
    expect(fixture.violations()).toEqual([]);
  });

  test.each([
    ['another count', { sentCount: 7n }],
    ['another digest', { sentDigest: '00' }],
  ])('given an end with %s, then that is found, nothing is deleted and a snapshot is asked for', (_what, over) => {
    snapshot('s1', [pod(1, 'cart')], 1);
    begin('s2');
    batch(RESOURCES, [pod(2, 'web')], { snapshotId: 's2' });
    expect(end('s2', [pod(2, 'web')], 2, over)).toMatchObject({ kind: 'resync', stream: RESOURCES });
    expect(fixture.violations()).toEqual(['snapshot_mismatch']);
    expect(fixture.objects()).toEqual(['cart', 'web']);
    expect(fixture.store.cursor(RESOURCES)).toMatchObject({ seq: 1n });
  });

  test('given an end behind what was shown, then that is found and a snapshot is asked for', () => {
    begin('s1');
    batch(RESOURCES, [pod(9, 'web')], { snapshotId: 's1' });
    expect(end('s1', [pod(9, 'web')], 8).kind).toBe('resync');
    expect(fixture.violations()).toEqual(['snapshot_end_behind']);
  });

  test('given sequences of a snapshot that do not rise, then that is found', () => {
    begin('s1');
    batch(RESOURCES, [pod(2, 'web'), pod(1, 'cart')], { snapshotId: 's1' });
    expect(fixture.violations()).toEqual(['snapshot_out_of_order']);
  });

  test('given another event under a name that is taken, then that is found and the first one stays', () => {
    snapshot('s1', [pod(1, 'web')], 1);
    snapshot('s2', [pod(1, 'cart')], 1);
    expect(fixture.violations()).toEqual(['name_reused']);
    expect(fixture.reader.events({ stream: RESOURCES, limit: 5 })).toMatchObject([{ subject: pod(1, 'web').subject }]);
  });

  test('given tombstones that may have expired, then the Gap is kept and the cursor stays', () => {
    snapshot('s1', [pod(1, 'web')], 1);
    gap({ stream: RESOURCES, fromSeq: 2n, toSeq: 9n, reason: Gap_Reason.TOMBSTONES_EXPIRED });
    expect(fixture.store.cursor(RESOURCES)).toMatchObject({ seq: 1n });
    expect(fixture.violations()).toEqual([]);
  });

  test('given a rejected resource, then the object keeps its last usable state', () => {
    snapshot('s1', [pod(1, 'web')], 1);
    batch(RESOURCES, [{ ...podGone(2, 'web'), data: Buffer.from('?') }]);
    expect(fixture.objects()).toEqual(['web']);
  });
});
