import { describe, expect, test } from 'vitest';
import { matchesDnsPattern, plainName } from './dns-pattern.ts';

describe('matchesDnsPattern', () => {
  test.each([
    ['*', 'www.example.org', true],
    ['**', 'a.b.c', true],
    ['*', '.', true],
    ['*', 'a..b', false],
    ['*.example.org', 'www.example.org', true],
    ['*.example.org', 'example.org', false],
    ['*.example.org', 'a.b.example.org', false],
    ['**.example.org', 'a.b.example.org', true],
    ['**.example.org', 'a.example.org', true],
    ['**.example.org', 'example.org', false],
    ['**.a.*.*', 'a.aab', false],
    ['*example.org', 'example.org', true],
    ['*example.org', 'sub-example.org', true],
    ['*example.org', 'www.example.org', false],
    ['sub*.example.org', 'subdomain.example.org', true],
    ['sub*.example.org', 'blog.example.org', false],
    ['w*w*w.org', 'wxwyzw.org', true],
    ['w*w*w.org', 'wxwyz.org', false],
    ['WWW.example.org.', 'www.Example.org', true],
    ['www.example.org', 'www.example.org.', true],
    ['*.org', 'é.org', false],
    ['a.*', 'a.b.c', false],
    ['a.*', 'a', false],
  ])('given the pattern %s and the name %s then it matches: %s', (pattern, name, expected) => {
    expect(matchesDnsPattern(pattern, name)).toBe(expected);
  });

  test('given a pattern made to be slow then it still answers', () => {
    const name = `${'a'.repeat(63)}.org`;
    expect(matchesDnsPattern(`${'a*'.repeat(100)}b.org`, name)).toBe(false);
  });

  test('given names with and without the last dot then they are one', () => {
    expect(plainName('Example.ORG.')).toBe('example.org');
  });
});
