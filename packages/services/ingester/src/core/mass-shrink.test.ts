import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SHRINK_RULE as rule, isMassShrink, judgeShrink } from './mass-shrink.ts';

const names = (count: number, from = 0) => Array.from({ length: count }, (_, at) => `s${from + at}`);

describe('given the rule for mass shrinks', () => {
  test.each([
    [{ known: 100, gone: 31 }, true],
    [{ known: 100, gone: 30 }, false],
    [{ known: 50, gone: 16 }, true],
    [{ known: 49, gone: 49 }, false],
    [{ known: 0, gone: 0 }, false],
  ])('when %j, then it holds: %s', (o, held) => {
    expect(isMassShrink(rule, o)).toBe(held);
  });

  test('when a list misses many, then they are held, and the second list removes what it misses too', () => {
    const first = judgeShrink(rule, { known: 100, gone: names(60), held: new Set() });
    expect(first).toEqual({ remove: [], hold: names(60) });
    const second = judgeShrink(rule, { known: 100, gone: names(60), held: new Set(first.hold) });
    expect(second).toEqual({ remove: names(60), hold: [] });
  });

  test('when the second list has them again, then nothing is removed', () => {
    expect(judgeShrink(rule, { known: 100, gone: [], held: new Set(names(60)) })).toEqual({ remove: [], hold: [] });
  });

  test('when the second list misses many others, then those are held in their turn', () => {
    const verdict = judgeShrink(rule, { known: 200, gone: names(120), held: new Set(names(60)) });
    expect(verdict.remove).toEqual(names(60));
    expect(verdict.hold).toEqual(names(60, 60));
  });

  test('then what is gone is either removed or held, and never both', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.nat(300), (known, gone, held) => {
        const o = { known: Math.max(known, gone), gone: names(gone), held: new Set(names(held)) };
        const { remove, hold } = judgeShrink(rule, o);
        expect([...remove, ...hold].toSorted()).toEqual(names(gone).toSorted());
      }),
    );
  });
});
