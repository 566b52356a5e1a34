import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { verdictWriter, type JudgedLine } from './verdict-writer.ts';

const line = (id: number, allowed: boolean | null = true): JudgedLine => ({
  id,
  allowed,
  decidedBy: [{ layer: 'network', direction: 'ingress', policy: 'a/b[NetworkPolicy]', path: 'spec', action: 'allow' }],
  reason: 'because',
  profile: { network: 'generic', authorization: 'by-pod' },
});

function write(format: Parameters<typeof verdictWriter>[0], lines: readonly JudgedLine[]): string {
  const writer = verdictWriter(format);
  return `${writer.head}${lines.map((each) => writer.line(each)).join('')}${writer.tail()}`;
}

describe('verdictWriter', () => {
  const lines = [line(1), line(2, false), line(3, null)];

  test('given JSON lines, JSON or YAML then all of them are in it', () => {
    expect(
      write('jsonl', lines)
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text)),
    ).toEqual(lines);
    expect(JSON.parse(write('json', lines))).toEqual(lines);
    expect(parseAllDocuments(write('yaml', lines)).map((each) => each.toJS())).toEqual(lines);
  });

  test('given no lines then JSON is an empty list and the others are empty', () => {
    expect(JSON.parse(write('json', []))).toEqual([]);
    expect([write('jsonl', []), write('yaml', []), write('table', [])]).toEqual(['', '', '']);
  });

  test('given a table then every line is a row, and the head comes again every 500', () => {
    const many = Array.from({ length: 1_001 }, (_, id) => line(id));
    const rows = write('table', many).trimEnd().split('\n');
    expect(rows.filter((row) => row.startsWith('ID'))).toHaveLength(3);
    expect(rows).toHaveLength(1_004);
    expect(write('table', lines)).toMatch(/^3 +unknown +a\/b\[NetworkPolicy\] +because$/m);
  });
});
