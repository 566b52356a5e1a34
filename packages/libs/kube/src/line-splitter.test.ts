import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, LineSplitter } from './line-splitter.ts';

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [...at, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : at[i - 1], end));
}

function split(chunks: readonly Buffer[], lineBytesMax: number): { lines: Line[]; rest: Line | undefined } {
  const splitter = new LineSplitter(lineBytesMax);
  const lines = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  return { lines, rest: splitter.end() };
}

const text = fc.string({ unit: fc.constantFrom('a', '"', '{', 'é', '日', '\n', '\n'), maxLength: 200 });
const places = fc.array(fc.nat(1000), { maxLength: 20 });

describe('LineSplitter', () => {
  it('given any chunking, when a text is pushed, then the same lines come out', () => {
    fc.assert(
      fc.property(text, places, (content, at) => {
        const bytes = Buffer.from(content);
        const { lines, rest } = split(cut(bytes, at), 1000);
        const all = rest === undefined ? lines : [...lines, rest];
        const expected = content.split('\n').filter((line) => line !== '');
        expect(all.map((line) => (line.kind === 'whole' ? line.bytes.toString() : 'too long'))).toEqual(expected);
      }),
    );
  });

  it('given lines above the limit, when any chunking is pushed, then only those are cut, with their true length', () => {
    fc.assert(
      fc.property(text, places, (content, at) => {
        const { lines, rest } = split(cut(Buffer.from(content), at), 10);
        const all = rest === undefined ? lines : [...lines, rest];
        const expected = content.split('\n').filter((line) => line !== '');
        expect(all.map((line) => (line.kind === 'whole' ? line.bytes.length : line.length))).toEqual(
          expected.map((line) => Buffer.byteLength(line)),
        );
        expect(all.map((line) => line.kind)).toEqual(
          expected.map((line) => (Buffer.byteLength(line) > 10 ? 'too_long' : 'whole')),
        );
      }),
    );
  });

  it('given a line of many chunks above the limit, when it goes by, then only its start is kept', () => {
    const splitter = new LineSplitter(10_000);
    const chunk = Buffer.alloc(1000, 'x');
    const lines: Line[] = [];
    for (let i = 0; i < 1000; i += 1) lines.push(...splitter.push(chunk));
    lines.push(...splitter.push(Buffer.from('\nnext\n')));
    const [long, next] = lines;
    expect(long).toMatchObject({ kind: 'too_long', length: 1_000_000 });
    expect(long?.kind === 'too_long' ? long.start.length : 0).toBe(4096);
    expect(next).toEqual({ kind: 'whole', bytes: Buffer.from('next') });
  });
});
