const NEWLINE = 0x0a;

/** One line without its newline; of one that is too long only the beginning. */
export type Line =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'too_long'; readonly start: Buffer; readonly length: number };

/** How much of a line that is too long is kept, to say which object it was. */
const START_BYTES = 4096;

/**
 * Cuts a stream of bytes into lines. Chunks are looked at once and joined once, so time is linear however they are cut.
 * It holds at most `lineBytesMax` bytes; the rest of a longer line is counted and dropped.
 */
export class LineSplitter {
  readonly #lineBytesMax: number;
  #parts: Buffer[] = [];
  #length = 0;
  #start: Buffer | undefined; // set while a line that is too long goes by

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines that end in this chunk. Lazy: the caller may pause between two. Empty lines are passed over. */
  *push(chunk: Buffer): Generator<Line, void, undefined> {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      this.#add(chunk.subarray(from, end));
      from = end + 1;
      const line = this.#take();
      if (line !== undefined) yield line;
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
  }

  /** What stands after the last newline when the stream has ended; undefined when nothing does. */
  end(): Line | undefined {
    return this.#take();
  }

  #add(part: Buffer): void {
    this.#length += part.length;
    if (this.#start !== undefined) return;
    this.#parts.push(part);
    if (this.#length <= this.#lineBytesMax) return;
    this.#start = Buffer.concat(this.#parts, Math.min(this.#length, START_BYTES)); // a copy: no chunk is kept alive
    this.#parts = [];
  }

  #take(): Line | undefined {
    const length = this.#length;
    const start = this.#start;
    const [first, ...others] = this.#parts;
    this.#parts = [];
    this.#length = 0;
    this.#start = undefined;
    if (start !== undefined) return { kind: 'too_long', start, length };
    if (first === undefined || length === 0) return undefined;
    return { kind: 'whole', bytes: others.length === 0 ? first : Buffer.concat([first, ...others], length) };
  }
}
