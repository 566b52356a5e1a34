import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeToken, unescapeToken } from './tokens.ts';

const text = fc.string({ unit: 'binary', minLength: 1 }).filter((value) => value.isWellFormed());

describe('subject tokens', () => {
  test('given any text then its token is one token of safe characters, and gives the text back', () => {
    fc.assert(
      fc.property(text, (value) => {
        const token = escapeToken(value);
        expect(token).toMatch(/^[A-Za-z0-9_=-]+$/);
        expect(unescapeToken(token)).toBe(value);
      }),
    );
  });

  test('given two different texts then their tokens differ', () => {
    const close = fc.stringMatching(/^[._=2EF5a-]{1,6}$/);
    fc.assert(
      fc.property(close, close, (a, b) => {
        expect(escapeToken(a) === escapeToken(b)).toBe(a === b);
      }),
      { numRuns: 2_000 },
    );
  });

  test('given any token then it is either exactly what a text makes, or nothing', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Fa-z_=.0-9-]{0,8}$/), (token) => {
        const value = unescapeToken(token);
        expect(value === undefined || escapeToken(value) === token).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['nginx-1', 'nginx-1'],
    ['networking.k8s.io', 'networking_k8s_io'],
    ['a_b', 'a=5Fb'],
    ['system:node', 'system=3Anode'],
    ['ü', '=C3=BC'],
    ['*', '=2A'],
    ['>', '=3E'],
    [' ', '=20'],
  ])('given %j then its token is %j', (value, token) => {
    expect(escapeToken(value)).toBe(token);
  });

  test.each(['', '=', '=2e', '=41', '=2E', '=FF', '=5', 'a.b', 'ü', '__proto__='])(
    'given the token %j then no text makes it',
    (token) => {
      expect(unescapeToken(token)).toBeUndefined();
    },
  );

  test('given no text or broken text then there is no token', () => {
    expect(() => escapeToken('')).toThrow('empty');
    expect(() => escapeToken('\ud800')).toThrow('well-formed');
  });
});
