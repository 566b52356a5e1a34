import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchCutter } from './batch-cutter.ts';
import type { BatchCut, QueuedEvent } from './batch-cutter.ts';

const event = (seq: number, dataBytes = 100, pending = 1): QueuedEvent => ({
  seq,
  subject: `kestrel.flows.l4.node-${seq % 3}`,
  time: new Date(1_800_000_000_000 + seq),
  headers: Buffer.from('NATS/1.0\r\n\r\n'),
  data: Buffer.alloc(dataBytes, seq % 256),
  pending,
});

function cutAll(
  events: readonly QueuedEvent[],
  sizeBytesMax: number,
  o: { stopsAtHoles?: boolean; endsWhenCaughtUp?: boolean } = {},
): BatchCut[] {
  const { stopsAtHoles = false, endsWhenCaughtUp = false } = o;
  const rest = [...events];
  const cutter = new BatchCutter({ peek: () => rest[0], shift: () => void rest.shift() }, { stopsAtHoles });
  const cuts: BatchCut[] = [];
  const next = () => cutter.next(sizeBytesMax, { endsWhenCaughtUp });
  for (let cut = next(); cut; cut = next()) cuts.push(cut);
  expect(cutter.isWithinEvent).toBe(false);
  return cuts;
}

const sequences = (cuts: readonly BatchCut[]) => cuts.map((cut) => cut.events.map((one) => one.seq));

describe('batches', () => {
  test('given small events, then a batch ends at its size', () => {
    expect(sequences(cutAll([event(1), event(2), event(3)], 400))).toEqual([[1, 2], [3]]);
  });

  test('given a hole in a log, then a batch ends before it; on a compacted stream it does not', () => {
    expect(sequences(cutAll([event(1), event(2), event(5)], 4_000, { stopsAtHoles: true }))).toEqual([[1, 2], [5]]);
    expect(sequences(cutAll([event(1), event(2), event(5)], 4_000))).toEqual([[1, 2, 5]]);
  });

  test('given an event behind which nothing waited, then a batch of a snapshot ends after it, and no other', () => {
    const events = [event(1), event(2, 100, 0), event(3)];
    expect(sequences(cutAll(events, 4_000, { endsWhenCaughtUp: true }))).toEqual([[1, 2], [3]]);
    expect(sequences(cutAll(events, 4_000))).toEqual([[1, 2, 3]]);
  });

  test('given a large event, then its parts come one a batch, and others before and after whole', () => {
    const cuts = cutAll([event(1), event(2, 10_000), event(3)], 4_000);
    expect(sequences(cuts)).toEqual([[1], [2], [2], [2], [3]]);
    expect(cuts.map((cut) => cut.part?.part)).toEqual([undefined, 1, 2, 3, undefined]);
  });

  test('whatever comes, nothing is lost, reordered or changed, and no batch exceeds its size', () => {
    const events = fc.array(
      fc.record({ step: fc.integer({ min: 1, max: 3 }), bytes: fc.nat(9_000), pending: fc.nat(2) }),
    );
    fc.assert(
      fc.property(
        events,
        fc.integer({ min: 2_000, max: 8_000 }),
        fc.boolean(),
        fc.boolean(),
        (steps, sizeBytesMax, stopsAtHoles, endsWhenCaughtUp) => {
          let seq = 0;
          const given = steps.map(({ step, bytes, pending }) => event((seq += step), bytes, pending));
          const cuts = cutAll(given, sizeBytesMax, { stopsAtHoles, endsWhenCaughtUp });
          const joined: { seq: number; data: Buffer }[] = [];
          for (const cut of cuts) {
            expect(cut.sizeBytes).toBeLessThanOrEqual(sizeBytesMax);
            for (const one of cut.events) {
              const last = joined.at(-1);
              if (cut.part !== undefined && cut.part.part > 1 && last) last.data = Buffer.concat([last.data, one.data]);
              else joined.push({ seq: one.seq, data: Buffer.from(one.data) });
            }
          }
          expect(joined).toEqual(given.map((one) => ({ seq: one.seq, data: Buffer.from(one.data) })));
        },
      ),
    );
  });
});
