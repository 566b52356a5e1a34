import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

const almostOne = () => 1 - Number.EPSILON;

function clockAt(now: { ms: number }) {
  return { nowMs: () => now.ms, monotonicMs: () => now.ms };
}

describe('Backoff', () => {
  it('keeps every delay within [0, min(maxMs, baseMs × 2ⁿ)), whatever chance says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 0, max: 600_000 }),
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (baseMs, extraMs, chances) => {
          const maxMs = baseMs + extraMs;
          let chance = 0;
          const backoff = new Backoff({ baseMs, maxMs, random: () => chance });
          for (const [attempt, next] of chances.entries()) {
            chance = next;
            const delayMs = backoff.nextDelayMs();
            expect(delayMs).toBe(next * Math.min(maxMs, baseMs * 2 ** attempt));
            expect(delayMs).toBeLessThan(maxMs);
          }
        },
      ),
    );
  });

  it('goes on where it was when the link fell before it had been healthy long enough', () => {
    const now = { ms: 0 };
    const options = { baseMs: 100, maxMs: 10_000, healthyAfterMs: 60_000, clock: clockAt(now), random: almostOne };
    const backoff = new Backoff(options);
    backoff.nextDelayMs();
    backoff.nextDelayMs();
    backoff.succeeded();
    now.ms += 59_999;
    expect(backoff.nextDelayMs()).toBeCloseTo(400);
  });

  it('starts over once the link was healthy for healthyAfterMs, and later successes do not restart that period', () => {
    const now = { ms: 0 };
    const options = { baseMs: 100, maxMs: 10_000, healthyAfterMs: 60_000, clock: clockAt(now), random: almostOne };
    const backoff = new Backoff(options);
    backoff.nextDelayMs();
    backoff.nextDelayMs();
    backoff.succeeded();
    now.ms += 30_000;
    backoff.succeeded();
    now.ms += 30_000;
    expect(backoff.nextDelayMs()).toBeCloseTo(100);
    expect(backoff.nextDelayMs()).toBeCloseTo(200);
  });

  it('refuses bounds that make no sense', () => {
    expect(() => new Backoff({ baseMs: 0, maxMs: 10 })).toThrow(RangeError);
    expect(() => new Backoff({ baseMs: 20, maxMs: 10 })).toThrow(RangeError);
    expect(() => new Backoff({ baseMs: Number.NaN, maxMs: 10 })).toThrow(RangeError);
  });
});
