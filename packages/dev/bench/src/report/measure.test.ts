import { describe, expect, test } from 'vitest';
import { atLeast, atMost, exactly, measured, notMeasured } from './measure.ts';
import { resultSchema } from './report.ts';

describe('measured', () => {
  test('given runs, then the value is their median and the spread their extremes', () => {
    const result = measured({ metric: 'cpu', unit: 's', target: atMost(1.5) }, [1.2, 9, 1.1, 1.3, 1.4]);
    expect(result).toMatchObject({ value: 1.3, ok: true, spread: { min: 1.1, max: 9 }, runs: 5 });
    expect(resultSchema.parse(result)).toEqual(result);
  });

  test('given a target that is missed, then ok is false', () => {
    expect(measured({ metric: 'm', unit: 's', target: atMost(1) }, [1.01]).ok).toBe(false);
    expect(measured({ metric: 'm', unit: '/s', target: atLeast(60_000) }, [59_999.9]).ok).toBe(false);
    expect(measured({ metric: 'm', unit: '', target: exactly(0) }, [1]).ok).toBe(false);
  });

  test('given a target that is just met, then ok is true', () => {
    expect(measured({ metric: 'm', unit: 's', target: atMost(1) }, [1]).ok).toBe(true);
    expect(measured({ metric: 'm', unit: '/s', target: atLeast(60_000) }, [60_000]).ok).toBe(true);
    expect(measured({ metric: 'm', unit: '', target: exactly(0) }, [0]).ok).toBe(true);
  });

  test('given no target, then there is nothing to be met', () => {
    expect(measured({ metric: 'm', unit: 's' }, [1]).ok).toBeNull();
  });

  test('given no runs, then there is no result', () => {
    expect(() => measured({ metric: 'm', unit: 's' }, [])).toThrow(RangeError);
  });

  test('given what could not be measured, then its target is missed and the reason stands with it', () => {
    const result = notMeasured({ metric: 'm', unit: 's', target: atMost(1) }, 'no Go');
    expect(result).toMatchObject({ value: null, ok: false, note: 'not measured: no Go' });
    expect(resultSchema.parse(result)).toEqual(result);
  });
});
