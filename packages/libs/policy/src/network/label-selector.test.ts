import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selects } from '../model/selector.ts';
import { isLabelKey, isLabelValue, labelSelectorSchema, toSelector } from './label-selector.ts';

const read = (text: unknown) => toSelector(labelSelectorSchema.parse(text), (key) => key);
const labels = (of: Record<string, string>): ReadonlyMap<string, string> => new Map(Object.entries(of));

describe('label selectors', () => {
  it.each([
    ['In', ['a'], { k: 'a' }, true],
    ['In', ['a', 'b'], { k: 'b' }, true],
    ['In', ['a'], { k: 'b' }, false],
    ['In', ['a'], {}, false],
    ['NotIn', ['a'], { k: 'b' }, true],
    ['NotIn', ['a'], { k: 'a' }, false],
    ['NotIn', ['a'], {}, true],
    ['Exists', undefined, { k: '' }, true],
    ['Exists', undefined, {}, false],
    ['DoesNotExist', undefined, { k: '' }, false],
    ['DoesNotExist', undefined, {}, true],
  ])('%s %j on %j is %s', (operator, values, of, expected) => {
    const selector = read({ matchExpressions: [{ key: 'k', operator, ...(values && { values }) }] });
    expect(selects(selector, labels(of))).toBe(expected);
  });

  it('need all of matchLabels and matchExpressions', () => {
    const selector = read({ matchLabels: { a: '1', b: '' }, matchExpressions: [{ key: 'c', operator: 'Exists' }] });
    expect(selects(selector, labels({ a: '1', b: '', c: 'x' }))).toBe(true);
    expect(selects(selector, labels({ a: '1', c: 'x' }))).toBe(false);
    expect(selects(selector, labels({ a: '1', b: '' }))).toBe(false);
  });

  it.each([[{}], [{ matchLabels: {} }], [{ matchExpressions: [] }], [{ matchLabels: null, matchExpressions: null }]])(
    '%j selects everything',
    (text) => {
      expect(read(text)).toEqual([]);
    },
  );

  it('put every key into the label space', () => {
    const selector = labelSelectorSchema.parse({
      matchLabels: { b: '1', a: '2' },
      matchExpressions: [{ key: 'c', operator: 'Exists' }],
    });
    expect(toSelector(selector, (key) => `pod:${key}`)).toEqual([
      { key: 'pod:a', operator: 'In', values: ['2'] },
      { key: 'pod:b', operator: 'In', values: ['1'] },
      { key: 'pod:c', operator: 'Exists', values: [] },
    ]);
  });

  it.each([
    [{ matchExpressions: [{ key: 'k', operator: 'In' }] }],
    [{ matchExpressions: [{ key: 'k', operator: 'NotIn', values: [] }] }],
    [{ matchExpressions: [{ key: 'k', operator: 'Exists', values: ['a'] }] }],
    [{ matchExpressions: [{ key: 'k', operator: 'DoesNotExist', values: ['a'] }] }],
    [{ matchExpressions: [{ key: 'k', operator: 'in', values: ['a'] }] }],
    [{ matchExpressions: [{ key: '-k', operator: 'Exists' }] }],
    [{ matchExpressions: [{ key: 'k', operator: 'In', values: ['a b'] }] }],
    [{ matchLabels: { 'a/b/c': 'x' } }],
    [{ matchLabels: { a: '-' } }],
    [{ matchLabels: { a: 1 } }],
    [{ matchLabels: { a: 'x'.repeat(64) } }],
    [{ matchLabel: {} }],
  ])('%j is refused', (text) => {
    expect(labelSelectorSchema.safeParse(text).success).toBe(false);
  });

  it.each([
    ['app', true],
    ['example.org/app', true],
    ['a'.repeat(63), true],
    ['a'.repeat(64), false],
    [`${'a'.repeat(253)}/b`, true],
    [`${'a'.repeat(254)}/b`, false],
    ['/app', false],
    ['Example.org/app', false],
    ['app_1.x', true],
    ['', false],
  ])('the key %s: %s', (key, expected) => {
    expect(isLabelKey(key)).toBe(expected);
  });

  it('take the empty value', () => {
    expect(isLabelValue('')).toBe(true);
    expect(isLabelValue('.a')).toBe(false);
  });

  it('never throw on whatever is given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect([true, false]).toContain(labelSelectorSchema.safeParse(value).success);
      }),
    );
  });
});
