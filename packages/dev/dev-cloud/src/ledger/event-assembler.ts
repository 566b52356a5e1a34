import type { Event } from '@kestrel/proto/cloud';

/** An event whose parts are all there. */
export type WholeEvent = Pick<Event, 'seq' | 'subject' | 'streamTimeNs' | 'headers' | 'data'>;

/** What came of one event of a batch. */
export type Assembly =
  | { readonly kind: 'whole'; readonly event: WholeEvent }
  | { readonly kind: 'pending' }
  | { readonly kind: 'broken'; readonly reason: string };

interface Pending {
  readonly first: Event;
  readonly data: Uint8Array[];
  sizeBytes: number;
}

/** Puts the parts of a split event together: 1 to n, in order, with nothing of the stream between them. */
export class EventAssembler {
  readonly #sizeBytesMax: number;
  #pending: Pending | undefined;

  constructor(o: { readonly sizeBytesMax: number }) {
    this.#sizeBytesMax = o.sizeBytesMax;
  }

  add(event: Event): Assembly {
    if (event.part === 0 && event.parts === 0)
      return this.#pending ? this.#broken('an event between parts') : { kind: 'whole', event };
    if (event.part < 1 || event.part > event.parts) return this.#broken(`part ${event.part} of ${event.parts}`);
    return event.part === 1 ? this.#begin(event) : this.#continue(event);
  }

  #begin(event: Event): Assembly {
    if (this.#pending) return this.#broken('a first part while another event lacks parts');
    if (event.parts === 1) return { kind: 'whole', event };
    this.#pending = { first: event, data: [event.data], sizeBytes: event.data.byteLength };
    return { kind: 'pending' };
  }

  #continue(event: Event): Assembly {
    const pending = this.#pending;
    if (!pending || pending.first.seq !== event.seq || pending.first.parts !== event.parts)
      return this.#broken(`part ${event.part} of sequence ${event.seq} without those before it`);
    if (event.part !== pending.data.length + 1) return this.#broken(`part ${event.part} after ${pending.data.length}`);
    pending.sizeBytes += event.data.byteLength;
    if (pending.sizeBytes > this.#sizeBytesMax) return this.#broken(`more than ${this.#sizeBytesMax} bytes`);
    pending.data.push(event.data);
    if (event.part < event.parts) return { kind: 'pending' };
    this.#pending = undefined;
    return { kind: 'whole', event: { ...pending.first, data: Buffer.concat(pending.data) } };
  }

  #broken(reason: string): Assembly {
    this.#pending = undefined;
    return { kind: 'broken', reason };
  }
}
