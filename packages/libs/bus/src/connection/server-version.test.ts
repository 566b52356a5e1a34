import { expect, test } from 'vitest';
import { isServerNewEnough } from './server-version.ts';

test.each([
  ['2.12.0', true],
  ['2.12.0-RC.1', true],
  ['v2.15.2', true],
  ['3.0.0', true],
  ['2.11.9', false],
  ['2.2.12', false],
  ['1.99.0', false],
  ['', false],
  ['unknown', false],
])('given nats-server %j then new enough is %j', (version, expected) => {
  expect(isServerNewEnough(version)).toBe(expected);
});
