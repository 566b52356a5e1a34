import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonParts } from './document.ts';

test('given any object then its parts are its JSON, with each element of its lists on a line', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (value) => {
      expect(JSON.parse([...jsonParts(value)].join(''))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  expect([...jsonParts({ a: [1, { b: 2 }], c: [], d: undefined, e: 'x' })].join('')).toBe(
    '{\n  "a": [\n    1,\n    {"b":2}\n  ],\n  "c": [],\n  "e": "x"\n}\n',
  );
  expect([...jsonParts({})].join('')).toBe('{}\n');
});
