import { describe, expect, test } from 'vitest';
import { compareInventories, isEqual } from './compare.ts';

const inventory = (entries: Record<string, string>) => new Map(Object.entries(entries));

describe('comparing inventories', () => {
  test('the same objects with the same content are equal', () => {
    const report = compareInventories(inventory({ a: '1', b: '2' }), inventory({ b: '2', a: '1' }));
    expect(report).toEqual({ expected: 2, committed: 2, missing: [], unexpected: [] });
    expect(isEqual(report)).toBe(true);
  });

  test('an object that the cloud lacks is missing', () => {
    const report = compareInventories(inventory({ a: '1', b: '2' }), inventory({ a: '1' }));
    expect(report).toEqual({ expected: 2, committed: 1, missing: ['b'], unexpected: [] });
    expect(isEqual(report)).toBe(false);
  });

  test('an object with older content is missing', () => {
    expect(compareInventories(inventory({ a: '2' }), inventory({ a: '1' })).missing).toEqual(['a']);
  });

  test('an object that only the cloud has is unexpected', () => {
    const report = compareInventories(inventory({ a: '1' }), inventory({ a: '1', z: '9' }));
    expect(report.unexpected).toEqual(['z']);
    expect(isEqual(report)).toBe(false);
  });

  test('nothing expected is never equal: an oracle that saw nothing proves nothing', () => {
    expect(isEqual(compareInventories(inventory({}), inventory({})))).toBe(false);
  });
});
