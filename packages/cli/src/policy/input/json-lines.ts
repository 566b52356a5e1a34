import { createReadStream } from 'node:fs';
import { reasonOf } from '../../failure-line.ts';

/** A line that is longer is refused: it is held in memory whole. */
const lineBytesMax = 32 * 1_024 * 1_024;
const NEWLINE = 0x0a;

/** One line that is not blank: a value, or why there is none. Lines count from 1. */
export type JsonLine =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly error: string };

/** Reads a file of JSON lines, one line in memory at a time. @throws Error when the file can't be read */
export async function* jsonLines(path: string): AsyncGenerator<JsonLine> {
  const file = createReadStream(path);
  try {
    yield* parseLines(file);
  } finally {
    file.destroy();
  }
}

/** {@link jsonLines} of any bytes. */
export async function* parseLines(chunks: AsyncIterable<Buffer>, bytesMax = lineBytesMax): AsyncGenerator<JsonLine> {
  let line = 1;
  let parts: Buffer[] = [];
  let size = 0;
  const add = (part: Buffer): void => {
    size += part.length;
    if (size <= bytesMax) parts.push(part);
    else parts = []; // it is skipped to its end
  };
  const take = (): JsonLine | undefined => {
    const read = size > bytesMax ? { line, error: `the line is longer than ${bytesMax} bytes` } : parse(line, parts);
    line += 1;
    parts = [];
    size = 0;
    return read;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      from = end + 1;
      const read = take();
      if (read !== undefined) yield read;
    }
    add(chunk.subarray(from));
  }
  const last = take();
  if (last !== undefined) yield last;
}

function parse(line: number, parts: readonly Buffer[]): JsonLine | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
    if (text.trim() === '') return undefined;
    const value: unknown = JSON.parse(text);
    return { line, value };
  } catch (error) {
    return { line, error: `no JSON: ${reasonOf(error)}` };
  }
}
