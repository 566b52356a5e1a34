import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { subjects } from './subjects.ts';
import type { ResourceKey } from './subjects.ts';

/** Whether a server would deliver `subject` to a filter of one-token wildcards. */
function matches(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const tokens = subject.split('.');
  return wanted.length === tokens.length && wanted.every((token, at) => token === '*' || token === tokens[at]);
}

const text = fc.oneof(fc.constantFrom('core', '_', '*', '>', '.', 'apps', 'a.b', 'Pod'), fc.string({ minLength: 1 }));
const key: fc.Arbitrary<ResourceKey> = fc.record({
  group: fc.oneof(fc.constant(''), text),
  kind: text,
  namespace: fc.oneof(fc.constant(''), text),
  name: text,
});
const part = fc.constantFrom('group', 'kind', 'namespace', 'name');

describe('resourceFilter', () => {
  test('given all parts then it is the subject of the one object', () => {
    fc.assert(
      fc.property(key, (object) => {
        expect(subjects.resourceFilter(object)).toBe(subjects.resource(object));
      }),
    );
  });

  test('given some parts then exactly the objects that have them match', () => {
    fc.assert(
      fc.property(key, key, fc.uniqueArray(part), (wanted, object, parts) => {
        const filter = subjects.resourceFilter(Object.fromEntries(parts.map((name) => [name, wanted[name]])));
        const hasThem = parts.every((name) => wanted[name] === object[name]);
        expect(matches(filter, subjects.resource(object))).toBe(hasThem);
      }),
    );
  });

  test('given no part then every object matches and no fence does', () => {
    const filter = subjects.resourceFilter({});
    expect(filter).toBe('kestrel.resources.*.*.*.*');
    expect(matches(filter, subjects.resource({ group: '', kind: 'Node', namespace: '', name: 'n' }))).toBe(true);
    expect(matches(filter, subjects.fence('all'))).toBe(false);
  });
});
