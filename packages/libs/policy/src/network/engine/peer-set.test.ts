import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeerSet } from './peer-set.ts';

const members = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 40 });

function sorted(list: Iterable<number>): number[] {
  return [...new Set(list)].toSorted((x, y) => x - y);
}

describe('sets of peers', () => {
  it('given any members, then holds just them', () => {
    fc.assert(
      fc.property(members, members, (a, b) => {
        const [left, right] = [PeerSet.of(a), PeerSet.of(b)];
        expect(left.members()).toEqual(sorted(a));
        expect(left.size).toBe(new Set(a).size);
        expect(left.union(right).members()).toEqual(sorted([...a, ...b]));
        expect(left.minus(right).members()).toEqual(sorted(a).filter((each) => !b.includes(each)));
        for (let each = 0; each <= 401; each += 1) expect(left.has(each)).toBe(a.includes(each));
      }),
    );
  });
});
