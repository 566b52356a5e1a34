import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalizePath } from './normalize-path.ts';

test.each([
  ['/info?x=1#y', '/info'],
  ['/a/../b', '/b'],
  ['/a/./b', '/a/b'],
  [String.raw`/a\b`, '/a/b'],
  [String.raw`/a\..\b`, '/b'],
  ['/%61', '/a'],
  ['/a//b', '/a//b'],
  ['/%2e%2e/x', '/x'],
  ['/a/%2E%2e/x', '/x'],
  ['/a%2fb', '/a%2fb'],
  ['/a/..', '/'],
  ['/a/.', '/a/'],
  ['/a/../../b', '/b'],
  ['/%7Ex', '/~x'],
  ['/%c3%a4', '/%c3%a4'],
  ['/%2d%5f%21%41', '/-_%21A'],
  ['/a|b^c`{}"<>', '/a%7Cb%5Ec%60%7B%7D%22%3C%3E'],
  ['/v1.2/x', '/v1.2/x'],
])('given %s, when normalized, then it is %s', (path, expected) => {
  expect(normalizePath(path)).toBe(expected);
});

test('given any path, when normalized twice, then the second time changes nothing', () => {
  const paths = fc
    .array(fc.constantFrom('/', '.', '..', 'a', '%2e', '%41', '%25', '2e', '\\', ' ', '{'))
    .map((parts) => `/${parts.join('')}`);
  fc.assert(
    fc.property(paths, (path) => {
      expect(normalizePath(normalizePath(path))).toBe(normalizePath(path));
    }),
  );
});
