import { OperationalError } from '@kestrel/runtime';
import { describe, expect, test } from 'vitest';
import { failureLine, reasonOf } from './failure-line.ts';

describe('failureLine', () => {
  test('given an expected failure of several lines then it is one line with its code', () => {
    expect(failureLine(new OperationalError('bus_unreachable', 'no bus\n  at all'))).toBe(
      'kestrelctl: no bus; at all (bus_unreachable)\n',
    );
  });
});

describe('reasonOf', () => {
  test('given a chain then every link that adds something is told', () => {
    const cause = new AggregateError(
      [new Error('connect ECONNREFUSED ::1:4'), new Error('connect ECONNREFUSED 127.0.0.1:4')],
      '',
    );
    expect(reasonOf(new TypeError('fetch failed', { cause }))).toBe(
      'fetch failed: connect ECONNREFUSED ::1:4: connect ECONNREFUSED 127.0.0.1:4',
    );
  });

  test('given a link that repeats its cause then it is told once', () => {
    const cause = new Error('timeout');
    expect(reasonOf(new Error('no bus at x: timeout', { cause }))).toBe('no bus at x: timeout');
  });
});
