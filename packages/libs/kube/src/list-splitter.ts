import { KubeError } from './kube-error.ts';
import type { Line } from './line-splitter.ts';

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** How much of an item that is too long is kept, to say which object it was. */
const START_BYTES = 4096;
const ENVELOPE_BYTES_MAX = 64 * 1024;
const ITEMS_DEPTH = 2; // inside the array of the top object's member `items`

type Place = 'envelope' | 'items' | 'item';

/**
 * Cuts the text of a list (`{"metadata":{…},"items":[{…},…]}`, members in any order) into its items while it arrives,
 * so that neither the page nor its objects are ever in memory together and no parse takes long.
 */
export class ListSplitter {
  readonly #itemBytesMax: number;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #place: Place = 'envelope';
  #envelope = '';
  #parts: Buffer[] = [];
  #length = 0;

  constructor(itemBytesMax: number) {
    this.#itemBytesMax = itemBytesMax;
  }

  /** The items that end in this chunk. Lazy: the caller may pause between two. @throws KubeError kube_bad_response */
  *push(chunk: Buffer): Generator<Line, void, undefined> {
    let from = 0;
    while (from < chunk.length) {
      const placeBefore = this.#place;
      const end = this.#scan(chunk, from);
      if (placeBefore === 'item') {
        this.#addToItem(chunk.subarray(from, end));
        if (this.#place === 'items') yield this.#takeItem();
      } else if (placeBefore === 'envelope') {
        this.#addToEnvelope(chunk.subarray(from, end));
      }
      from = end;
    }
  }

  /** Everything but the items, as JSON text, when the list is complete. @throws KubeError kube_bad_response when it is cut */
  end(): string {
    if (this.#depth !== 0 || this.#inString || this.#envelope === '') {
      throw new KubeError('kube_bad_response', 'the list ends in the middle');
    }
    return this.#envelope;
  }

  /** Reads until the place changes or the chunk ends; the index after the last byte of the old place. */
  #scan(chunk: Buffer, from: number): number {
    let depth = this.#depth;
    let i = from;
    for (; i < chunk.length; i += 1) {
      if (this.#inString) {
        i = this.#scanString(chunk, i);
        continue;
      }
      const byte = chunk[i];
      if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        const next = this.#placeAtOpening(chunk, from, i, depth, byte);
        if (next !== this.#place) {
          this.#place = next;
          // The bracket of `items` belongs to the envelope, the brace of an item to the item.
          this.#depth = next === 'items' ? depth + 1 : depth;
          return next === 'items' ? i + 1 : i;
        }
        depth += 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        if (this.#place === 'item' && depth === ITEMS_DEPTH) {
          this.#place = 'items';
          this.#depth = depth;
          return i + 1;
        }
        if (this.#place === 'items') {
          this.#place = 'envelope';
          this.#depth = depth + 1; // this bracket is read again, as the envelope's
          return i;
        }
      }
    }
    this.#depth = depth;
    return i;
  }

  /** To the end of the string or of the chunk; the index of the last byte read. */
  #scanString(chunk: Buffer, from: number): number {
    for (let i = from; i < chunk.length; i += 1) {
      if (this.#escaped) this.#escaped = false;
      else if (chunk[i] === BACKSLASH) this.#escaped = true;
      else if (chunk[i] === QUOTE) {
        this.#inString = false;
        return i;
      }
    }
    return chunk.length;
  }

  #placeAtOpening(chunk: Buffer, from: number, at: number, depth: number, byte: number): Place {
    if (this.#place === 'items') return 'item';
    if (this.#place === 'item' || depth !== 1 || byte !== OPEN_BRACKET) return this.#place;
    const before = this.#envelope + chunk.toString('latin1', from, at);
    return /"items"\s*:\s*$/.test(before) ? 'items' : 'envelope';
  }

  #addToEnvelope(part: Buffer): void {
    this.#envelope += part.toString('latin1');
    if (this.#envelope.length > ENVELOPE_BYTES_MAX) {
      throw new KubeError('kube_bad_response', 'not a list: too much besides its items');
    }
  }

  #addToItem(part: Buffer): void {
    const lengthBefore = this.#length;
    this.#length += part.length;
    if (lengthBefore > this.#itemBytesMax) return;
    this.#parts.push(part);
    if (this.#length > this.#itemBytesMax) {
      this.#parts = [Buffer.concat(this.#parts, Math.min(this.#length, START_BYTES))];
    }
  }

  #takeItem(): Line {
    const length = this.#length;
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    const [first] = parts;
    const bytes = first !== undefined && parts.length === 1 ? first : Buffer.concat(parts);
    return length > this.#itemBytesMax ? { kind: 'too_long', start: bytes, length } : { kind: 'whole', bytes };
  }
}
