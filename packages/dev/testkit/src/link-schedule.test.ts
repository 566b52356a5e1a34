import fc from 'fast-check';
import { expect, test } from 'vitest';

import { bytesInFlightMax, LinkSchedule } from './link-schedule.ts';

const pieces = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 1000 }),
    bytes: fc.integer({ min: 1, max: 65_536 }),
    delayMs: fc.integer({ min: 0, max: 500 }),
    bytesPerSecond: fc.option(fc.integer({ min: 1, max: 10_000_000 }), { nil: undefined }),
  }),
  { minLength: 1 },
);

test('given any pieces and changing shapes, then none overtakes another and each takes at least its delay', () => {
  fc.assert(
    fc.property(pieces, (list) => {
      const schedule = new LinkSchedule();
      let nowMs = 0;
      let lastMs = 0;
      for (const { afterMs, bytes, ...shape } of list) {
        nowMs += afterMs;
        const dueMs = schedule.dueMs(nowMs, bytes, shape);
        expect(dueMs).toBeGreaterThanOrEqual(lastMs);
        expect(dueMs).toBeGreaterThanOrEqual(nowMs + shape.delayMs);
        lastMs = dueMs;
      }
    }),
  );
});

test('given a rate, when any pieces enter at once, then they take as long together as their sum would', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 65_536 }), { minLength: 1 }), (sizes) => {
      const schedule = new LinkSchedule();
      const shape = { delayMs: 10, bytesPerSecond: 1_000_000 };
      const dues = sizes.map((bytes) => schedule.dueMs(0, bytes, shape));
      const sum = sizes.reduce((total, bytes) => total + bytes, 0);
      expect(dues.at(-1)).toBeCloseTo(sum / 1000 + 10, 6);
    }),
  );
});

test('given no rate, when pieces enter at once, then the delay does not add up', () => {
  const schedule = new LinkSchedule();
  const shape = { delayMs: 25, bytesPerSecond: undefined };
  expect([1, 2, 3].map(() => schedule.dueMs(100, 65_536, shape))).toEqual([125, 125, 125]);
});

test('given a rate, when the sender runs ahead, then it is held back after one router queue and one delay of bytes', () => {
  expect(bytesInFlightMax({ delayMs: 100, bytesPerSecond: 1_000_000 })).toBe(256 * 1024 + 100_000);
});
