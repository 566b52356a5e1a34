import { expect, test } from 'vitest';

import { atLeast } from './version.ts';

test.each([
  ['2.12.0', '2.12.0', true],
  ['2.12.1', '2.12.0', true],
  ['3.0.0', '2.12.9', true],
  ['2.9.10', '2.12.0', false],
  ['2.11.99', '2.12.0', false],
  ['1.36.2', '1.36.3', false],
])('given %s, when at least %s is wanted, then %s', (version, minimum, expected) => {
  expect(atLeast(version, minimum)).toBe(expected);
});
