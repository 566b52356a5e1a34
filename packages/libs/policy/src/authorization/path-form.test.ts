import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pathForm, patternMatchesForm, templateMatchesForm, type PathForm } from './path-form.ts';
import { pathTemplatePattern } from './path-template.ts';
import { matchesText, stringPattern } from './string-match.ts';
import { NO, UNKNOWN, YES, tri } from './tri.ts';

const form = (recorded: string): PathForm => {
  const read = pathForm(recorded);
  if (read === undefined) throw new Error(`nothing varies in ${recorded}`);
  return read;
};

describe('the form of a recorded path', () => {
  test('given a path in which nothing varies, then it has none', () => {
    expect(pathForm('/cart/7')).toBeUndefined();
    expect(pathForm('/a{b}c')).toBeUndefined();
  });

  test.each([
    ['/cart/{id}', '*', YES],
    ['/cart/{id}', '/cart/*', YES],
    ['/cart/{id}', '/car*', YES],
    ['/cart/{id}', '/cart/7*', UNKNOWN],
    ['/cart/{id}', '/card*', NO],
    ['/cart/{id}', '/cart/7', UNKNOWN],
    ['/cart/{id}', '/cart/7/items', NO],
    ['/cart/{id}', '/cart', NO],
    ['/cart/{id}/items', '*/items', YES],
    ['/cart/{id}/items', '*7/items', UNKNOWN],
    ['/cart/{id}/items', '*/lines', NO],
    ['/files/**', '/files/a/b', UNKNOWN],
    ['/files/**', '/other/a', NO],
  ])('given %s, then "%s" matches: %i', (recorded, pattern, answer) => {
    expect(patternMatchesForm(stringPattern(pattern), form(recorded))).toBe(answer);
  });

  test.each([
    ['/cart/{id}', '/cart/{*}', YES],
    ['/cart/:id', '/cart/{*}', YES],
    ['/cart/{id}', '/cart/{*}/items', NO],
    ['/cart/{id}/items', '/{*}/7/items', UNKNOWN],
    ['/cart/{id}', '/{**}', YES],
    ['/cart/{id}', '/other/{**}', NO],
    ['/cart/{id}/items', '/cart/{**}/items', UNKNOWN],
    ['/files/**', '/files/{*}', UNKNOWN],
    ['/files/**', '/files/{**}', YES],
    ['/files/**', '/other/{**}', NO],
  ])('given %s, then the template %s matches: %i', (recorded, template, answer) => {
    expect(templateMatchesForm(template, form(recorded))).toBe(answer);
  });

  const word = fc.constantFrom('a', 'b', 'ab');
  const recorded = fc.array(fc.oneof(word, fc.constant('{x}')), { minLength: 1, maxLength: 4 });
  const fill = fc.array(word, { minLength: 4, maxLength: 4 });
  const wanted = fc.array(fc.oneof(word, fc.constantFrom('{*}', '{**}')), { minLength: 1, maxLength: 4 });

  test('given any path of a form, then it matches where all do, and not where none does', () => {
    fc.assert(
      fc.property(
        recorded,
        fill,
        wanted,
        fc.constantFrom('', '*'),
        fc.constantFrom('', '*'),
        (parts, fills, want, a, b) => {
          fc.pre(parts.includes('{x}'));
          const path = `/${parts.map((part, at) => (part === '{x}' ? fills[at] : part)).join('/')}`;
          const shape = form(`/${parts.join('/')}`);
          const literal = `/${want.filter((each) => !each.startsWith('{')).join('/')}`;
          const pattern = stringPattern(`${a}${literal}${a === '' ? b : ''}`);
          const told = patternMatchesForm(pattern, shape);
          expect([UNKNOWN, tri(matchesText(pattern, path))]).toContain(told);
          const template = `/${want.join('/')}`;
          const toldOfTemplate = templateMatchesForm(template, shape);
          expect([UNKNOWN, tri(pathTemplatePattern(template).test(path))]).toContain(toldOfTemplate);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
