import { describe, expect, it } from 'vitest';
import type { Served } from './discovery.ts';
import type { ResourceType } from './resource-type.ts';
import { KnownResources } from './served-resources.ts';

const kind = (name: string, version = 'v1'): ResourceType => ({
  group: 'g',
  version,
  kind: name,
  plural: name.toLowerCase(),
  namespaced: true,
});
const answer = (...resources: ResourceType[]): Served => ({ resources, unknown: [] });
const A = kind('A');
const B = kind('B');

describe('KnownResources', () => {
  it('given no kind at first, when updated, then that is a change too, once', () => {
    const known = new KnownResources(2);
    expect([known.update(answer()), known.update(answer())]).toEqual([true, false]);
  });

  it('given a new kind, when it is answered once, then it is known', () => {
    const known = new KnownResources(2);
    known.update(answer(A));
    expect(known.update(answer(B, A))).toBe(true);
    expect(known.resources).toEqual([A, B]);
  });

  it('given a known kind, when one answer misses it, then it stays; when the next does too, then it is gone', () => {
    const known = new KnownResources(2);
    known.update(answer(A, B));
    expect(known.update(answer(A))).toBe(false);
    expect(known.update(answer(A))).toBe(true);
    expect(known.resources).toEqual([A]);
  });

  it('given misses that are not in a row, when counted, then they do not add up', () => {
    const known = new KnownResources(2);
    known.update(answer(A));
    known.update(answer());
    known.update(answer(A));
    expect(known.update(answer())).toBe(false);
  });

  it('given a kind whose server does not answer, when that goes on, then it stays', () => {
    const known = new KnownResources(1);
    known.update(answer(A));
    const away: Served = { resources: [], unknown: [{ group: 'g', kind: 'A', versions: ['v1'] }] };
    expect([known.update(away), known.update(away)]).toEqual([false, false]);
  });

  it('given another version of a kind, when answered, then it takes the place of the old', () => {
    const known = new KnownResources(2);
    known.update(answer(A));
    expect(known.update(answer(kind('A', 'v2')))).toBe(true);
    expect(known.resources).toEqual([kind('A', 'v2')]);
  });
});
