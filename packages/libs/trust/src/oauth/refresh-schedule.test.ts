import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refreshSchedule } from './refresh-schedule.ts';

const lifetime = fc.integer({ min: 1_000, max: 86_400_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function refreshDue(lifetimeMs: number, share: number): number {
  return refreshSchedule({ obtainedAtMs: 0, lifetimeMs, random: share }).refreshDueMs;
}

describe('the schedule of a token', () => {
  it('of an hour refreshes it after three quarters and stops using it half a minute before its end', () => {
    expect(refreshSchedule({ obtainedAtMs: 0, lifetimeMs: 3_600_000, random: 0.5 })).toEqual({
      refreshDueMs: 2_700_000,
      usableUntilMs: 3_570_000,
      expiresAtMs: 3_600_000,
    });
  });

  it('always refreshes before it stops using it, and stops before it expires', () => {
    fc.assert(
      fc.property(lifetime, random, (lifetimeMs, share) => {
        const schedule = refreshSchedule({ obtainedAtMs: 1_800_000_000_000, lifetimeMs, random: share });
        expect(schedule.refreshDueMs).toBeGreaterThan(1_800_000_000_000);
        expect(schedule.refreshDueMs).toBeLessThan(schedule.usableUntilMs);
        expect(schedule.usableUntilMs).toBeLessThan(schedule.expiresAtMs);
      }),
    );
  });

  it('spreads the refresh with the random number', () => {
    fc.assert(
      fc.property(lifetime, random, random, (lifetimeMs, one, other) => {
        fc.pre(one < other);
        expect(refreshDue(lifetimeMs, one)).toBeLessThanOrEqual(refreshDue(lifetimeMs, other));
      }),
    );
    expect([refreshDue(1_000_000, 0), refreshDue(1_000_000, 0.999_999)]).toEqual([650_000, 849_999]);
  });
});
