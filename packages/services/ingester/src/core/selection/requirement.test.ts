import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelsMeet, readLabelSelector, UnknownSelection } from './requirement.ts';

const web = { app: 'web', tier: 'front' };

describe('given a label selector', () => {
  test.each([
    ['In with the value', { key: 'app', operator: 'In', values: ['web', 'api'] }, true],
    ['In without the value', { key: 'app', operator: 'In', values: ['api'] }, false],
    ['In on an absent label', { key: 'zone', operator: 'In', values: ['a'] }, false],
    ['NotIn with the value', { key: 'app', operator: 'NotIn', values: ['web'] }, false],
    ['NotIn without the value', { key: 'app', operator: 'NotIn', values: ['api'] }, true],
    ['NotIn on an absent label', { key: 'zone', operator: 'NotIn', values: ['a'] }, true],
    ['Exists on a present label', { key: 'app', operator: 'Exists' }, true],
    ['Exists on an absent label', { key: 'zone', operator: 'Exists' }, false],
    ['DoesNotExist on a present label', { key: 'app', operator: 'DoesNotExist' }, false],
    ['DoesNotExist on an absent label', { key: 'zone', operator: 'DoesNotExist' }, true],
  ])('when it says %s, then it decides as Kubernetes does', (_, expression, selected) => {
    expect(labelsMeet(readLabelSelector({ matchExpressions: [expression] }), web)).toBe(selected);
  });

  test('when it has several requirements, then all must hold', () => {
    const selector = {
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }],
    };
    expect(labelsMeet(readLabelSelector(selector), web)).toBe(false);
    expect(labelsMeet(readLabelSelector({ matchLabels: { app: 'web' } }), web)).toBe(true);
  });

  test('when it is empty, then it selects everything', () => {
    expect(labelsMeet(readLabelSelector({}), {})).toBe(true);
  });

  test('when a key is a name of Object.prototype, then only an own label counts', () => {
    expect(labelsMeet(readLabelSelector({ matchExpressions: [{ key: 'toString', operator: 'Exists' }] }), web)).toBe(
      false,
    );
  });

  test.each([undefined, null, 'app=web', [], 7])('when it is %j, then it is unknown, not empty', (value) => {
    expect(() => readLabelSelector(value)).toThrow(UnknownSelection);
  });

  test('when an operator is not known, then the selection is unknown', () => {
    const selector = { matchExpressions: [{ key: 'app', operator: 'Gt', values: ['1'] }] };
    expect(() => readLabelSelector(selector)).toThrow('operator "Gt"');
  });

  test('then NotIn is the opposite of In, and DoesNotExist of Exists, for every label set', () => {
    const label = fc.constantFrom('a', 'b', 'c');
    const labels = fc.dictionary(label, fc.constantFrom('1', '2'));
    fc.assert(
      fc.property(labels, label, fc.subarray(['1', '2', '3'], { minLength: 1 }), (given, key, values) => {
        const meets = (operator: string) =>
          labelsMeet(readLabelSelector({ matchExpressions: [{ key, operator, values }] }), given);
        expect(meets('NotIn')).toBe(!meets('In'));
        expect(meets('DoesNotExist')).toBe(!meets('Exists'));
      }),
    );
  });
});
