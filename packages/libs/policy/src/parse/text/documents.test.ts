import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocuments } from './documents.ts';
import { READ_LIMITS } from './limits.ts';

function read(text: string, limits = READ_LIMITS): ReturnType<typeof readDocuments> {
  return readDocuments({ source: 'f', text }, limits);
}

function values(text: string): unknown[] {
  return read(text).documents.map((document) => document.value);
}

/** Any code point, halves of surrogates among them. */
const anyCharacter = fc.nat(0x10_ffff).map((code) => String.fromCodePoint(code));

describe('documents of a file', () => {
  it('given several documents, when read, then each has its number and line, and empty ones have none', () => {
    const { documents, problems } = read('# head\n---\na: 1\n---\n# nothing\n---\n\n---\nb: 2\n--- # tail\nc: 3\n');
    expect(documents.map(({ value, source, line }) => [value, source, line])).toEqual([
      [{ a: 1 }, 'f#1', 2],
      [{ b: 2 }, 'f#2', 8],
      [{ c: 3 }, 'f#3', 10],
    ]);
    expect(problems).toEqual([]);
  });

  it.each([
    ['windows line ends', '---\r\na: 1\r\n---\r\nb: 2\r\n', [{ a: 1 }, { b: 2 }]],
    ['a byte order mark', '\uFEFFa: 1', [{ a: 1 }]],
    ['a document on the separator line', '--- {a: 1}\n', [{ a: 1 }]],
    ['a directive', '%YAML 1.1\n---\na: 1\n', [{ a: 1 }]],
    ['an end mark', 'a: 1\n...\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    ['JSON', '{"a": "}"}', [{ a: '}' }]],
    ['JSON values one after the other', '{"a": "\\"{"}\n{"b": []} [1]', [{ a: '"{' }, { b: [] }, [1]]],
    ['YAML that begins like JSON', '{a: 1}\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    ['separators in a block', 'a: |\n  ---\n  b\n', [{ a: '---\nb\n' }]],
    ['nothing', '', []],
    ['only comments', '# a\n\n  # b\n---\n', []],
  ])('given %s, when read, then its values are there', (_, text, expected) => {
    expect(values(text)).toEqual(expected);
    expect(read(text).problems).toEqual([]);
  });

  it.each([
    ['booleans of YAML 1.1', 'a: [yes, No, on, OFF, true]', [true, false, true, false, true]],
    ['texts that look like times', 'a: [2001-01-01, 1:30, 12:30:45]', ['2001-01-01', '1:30', '12:30:45']],
    ['numbers', 'a: [1, 0x10, 1.5, "1", 010]', [1, 16, 1.5, '1', 8]],
    ['letters', 'a: [y, N, "n"]', ['y', 'N', 'n']],
    ['nulls', 'a: [null, ~, ]', [null, null]],
  ])('given %s, when read, then they are what Kubernetes makes of them', (_, text, expected) => {
    expect(values(text)).toEqual([{ a: expected }]);
  });

  it('given anchors, aliases and merges, when read, then they are copies, and own keys win over merged ones', () => {
    expect(values('a: &x {p: 1, q: 2}\nb: *x\nc:\n  <<: *x\n  q: 3\nd: {<<: [{p: 4}, *x]}\n')).toEqual([
      { a: { p: 1, q: 2 }, b: { p: 1, q: 2 }, c: { p: 1, q: 3 }, d: { p: 4, q: 2 } },
    ]);
  });

  it('given keys that are no texts, when read, then scalars become texts and collections are refused', () => {
    expect(values('80: a\ntrue: b\n')).toEqual([{ '80': 'a', true: 'b' }]);
    expect(read('? {a: 1}\n: b\n').problems).toMatchObject([{ code: 'unreadable', severity: 'error' }]);
  });

  it('given a key twice, when read, then the last counts, and that is said with the line', () => {
    const { documents, problems } = read('x: 0\n---\na: 1\nb: 2\na: 3\n');
    expect(documents.map(({ value }) => value)).toEqual([{ x: 0 }, { a: 3, b: 2 }]);
    expect(problems).toMatchObject([{ severity: 'warning', code: 'ineffective', source: 'f#2' }]);
    expect(problems[0]?.message).toMatch(/^line 5: the key "a"/);
  });

  it('given an unquoted letter that kubectl holds for a boolean, when read, then a warning says so', () => {
    const { problems } = read('a: 1\nname: y\nb: "n"\n');
    expect(problems).toMatchObject([{ severity: 'warning', code: 'invalid' }]);
    expect(problems[0]?.message).toMatch(/^line 2: kubectl reads y/);
  });

  it('given one document that is no YAML, when read, then the others are read, and the line is named', () => {
    const { documents, problems } = read('a: 1\n---\nb: 2\nc: [\n---\nd: 4\n');
    expect(documents.map(({ value, source }) => [value, source])).toEqual([
      [{ a: 1 }, 'f#1'],
      [{ d: 4 }, 'f#3'],
    ]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: 'unreadable', severity: 'error', source: 'f#2' });
    expect(problems[0]?.message).toMatch(/^line [34]: /);
  });

  it.each([
    ['as a value', 'a: 1\n---\nb: {{ .Values.b }}\n', 3],
    ['around lines', 'a: 1\n---\n{{- if .Values.b }}\nb: 1\n{{- end }}\n', 3],
    ['as a part of a value', 'a: 1\n---\nb: x-{{ .Values.b }}: {\n', 3],
  ])('given a template %s, when read, then it is named as a template with its line', (_, text, line) => {
    const { documents, problems } = read(text);
    expect(documents).toHaveLength(1);
    expect(problems.map(({ source, message }) => [source, message.slice(0, 20)])).toEqual([
      ['f#2', `line ${line}: a template (`.slice(0, 20)],
    ]);
  });

  it.each([
    ['characters', 'aaaaaaaaaaaa: 1', { textLengthMax: 10 }, 'limit is 10', 0],
    ['documents', 'a: 1\n---\nb: 1\n---\nc: 1\n', { documentsMax: 2 }, 'more than 2 documents', 2],
    ['levels of YAML', 'a: {b: {c: {d: 1}}}', { depthMax: 3 }, 'more than 3 levels', 0],
    ['levels of JSON', '{"a": {"b": {"c": {"d": 1}}}}', { depthMax: 3 }, 'more than 3 levels', 0],
    ['aliases', 'a: &a [1, 2, 3]\nb: [*a, *a, *a]', { aliasValuesMax: 10 }, 'aliases stand for more than 10', 0],
  ])('given more %s than the limit, when read, then that is said', (_, text, limits, message, documents) => {
    const found = read(text, { ...READ_LIMITS, ...limits });
    expect(found.problems).toMatchObject([{ code: 'unreadable', severity: 'error' }]);
    expect(found.problems[0]?.message).toContain(message);
    expect(found.documents).toHaveLength(documents);
    expect(read(text).problems).toEqual([]);
  });

  it.each([
    ['open brackets', '['.repeat(100_000)],
    ['closed brackets', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['braces', '{'.repeat(100_000)],
    ['dashes', '- '.repeat(100_000)],
    ['question marks', '? '.repeat(100_000)],
    ['an alias in itself', 'a: &a [*a]'],
    ['an alias without anchor', 'a: *b'],
    [
      'laughs',
      ['a0: &a0 [x, x]', ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)].join('\n'),
    ],
  ])('given %s, which would exhaust a careless reader, when read, then one problem says it', (_, text) => {
    expect(read(text).problems).toHaveLength(1);
    expect(read(text).documents).toEqual([]);
  });

  it('given any JSON value, when written as JSON, then it is read as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(typeof value === 'object' && value !== null);
        expect(values(text)).toEqual([JSON.parse(text)]);
      }),
    );
  });

  it('given any text, when read, then nothing is thrown and every problem names its place', () => {
    const yamlish = fc
      .array(
        fc.constantFrom(
          'a',
          ':',
          ' ',
          '\n',
          '- ',
          '? ',
          '{',
          '}',
          '[',
          ']',
          '"',
          "'",
          '|',
          '>',
          '&a ',
          '*a',
          '---\n',
          '...\n',
          '!!x ',
          '%',
          '#',
          '<<: ',
          '\t',
          '{{ .x }}',
          ',',
        ),
        { maxLength: 60 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: anyCharacter, maxLength: 100 }), yamlish),
        (text) => {
          for (const problem of read(text).problems) expect(problem.source).toMatch(/^f#[0-9.]+$/);
        },
      ),
      { numRuns: 300 },
    );
  });
});
