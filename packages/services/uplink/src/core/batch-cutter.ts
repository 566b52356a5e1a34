import { encodedBytes } from './event-encoder.ts';
import type { EncodableEvent, PartNumber } from './event-encoder.ts';

/** An event with what the batches need to know beside its bytes. Structurally a StoredMessage of the bus. */
export interface QueuedEvent extends EncodableEvent {
  /** Messages that waited behind it when it was read. */
  readonly pending: number;
}

/** What goes into one Batch: whole events, or one part of a large one. */
export interface BatchCut {
  readonly events: readonly QueuedEvent[];
  readonly sizeBytes: number;
  readonly part?: PartNumber;
}

interface PartState {
  readonly event: QueuedEvent;
  readonly cuts: readonly Uint8Array[];
  next: number;
}

/** Parts below this size would be more frame than data. */
const partBytesMin = 1_024;
/** More events than this in one batch gain nothing, and hold the loop. */
export const batchEventsMax = 2_048;

/**
 * Takes the next batch off a queue. A batch ends at `sizeBytesMax`; before a hole of a `log`, since a Gap must be told in
 * between; and, on request, after an event behind which nothing waited, where a snapshot may end. An event that doesn't fit into one
 * batch is cut into parts, one a batch, and stays at the head of the queue until its last part is taken.
 */
export class BatchCutter {
  readonly #queue: EventQueue;
  readonly #stopsAtHoles: boolean;
  #parts: PartState | undefined;

  constructor(queue: EventQueue, o: { readonly stopsAtHoles: boolean }) {
    this.#queue = queue;
    this.#stopsAtHoles = o.stopsAtHoles;
  }

  /** True while an event has been sent in part: the rest must follow before anything else of the stream. */
  get isWithinEvent(): boolean {
    return this.#parts !== undefined;
  }

  /**
   * The next batch; undefined when the queue is empty. `endsWhenCaughtUp` is for snapshots only: at the end of a stream that
   * is written to, nearly every event has nothing behind it, and batches of one would be the rule.
   */
  next(sizeBytesMax: number, o: { readonly endsWhenCaughtUp: boolean }): BatchCut | undefined {
    if (this.#parts) return this.#nextPart(this.#parts);
    const head = this.#queue.peek();
    if (head === undefined) return undefined;
    if (encodedBytes(head) > sizeBytesMax) {
      this.#parts = { event: head, cuts: cutData(head, sizeBytesMax), next: 0 };
      return this.#nextPart(this.#parts);
    }
    return this.#whole(sizeBytesMax, o.endsWhenCaughtUp);
  }

  #whole(sizeBytesMax: number, endsWhenCaughtUp: boolean): BatchCut {
    const events: QueuedEvent[] = [];
    let sizeBytes = 0;
    for (let event = this.#queue.peek(); event !== undefined; event = this.#queue.peek()) {
      const bytes = encodedBytes(event);
      const last = events.at(-1);
      if (
        last !== undefined &&
        (sizeBytes + bytes > sizeBytesMax || (this.#stopsAtHoles && event.seq !== last.seq + 1))
      )
        break;
      events.push(event);
      sizeBytes += bytes;
      this.#queue.shift();
      if ((endsWhenCaughtUp && event.pending === 0) || events.length === batchEventsMax) break;
    }
    return { events, sizeBytes };
  }

  #nextPart(state: PartState): BatchCut {
    const data = state.cuts[state.next] ?? new Uint8Array(0);
    state.next += 1;
    const part: PartNumber = { part: state.next, parts: state.cuts.length };
    const event = { ...partOf(state.event), data };
    if (part.part === part.parts) {
      this.#parts = undefined;
      this.#queue.shift();
    }
    return { events: [event], sizeBytes: encodedBytes(event, part), part };
  }
}

/** The reading side of a queue of events. */
export interface EventQueue {
  peek(): QueuedEvent | undefined;
  shift(): void;
}

function partOf({ seq, subject, time, headers, pending }: QueuedEvent): Omit<QueuedEvent, 'data'> {
  return { seq, subject, time, headers, pending };
}

/** Every part carries subject and headers, so that each can be judged alone. */
function cutData(event: QueuedEvent, sizeBytesMax: number): Uint8Array[] {
  const largest = 0xffff; // part numbers of up to three bytes
  const frame = encodedBytes({ ...partOf(event), data: new Uint8Array(0) }, { part: largest, parts: largest }) + 8;
  const partBytes = Math.max(partBytesMin, sizeBytesMax - frame);
  const cuts: Uint8Array[] = [];
  for (let start = 0; start < event.data.length; start += partBytes) {
    cuts.push(event.data.subarray(start, start + partBytes));
  }
  return cuts.length === 0 ? [event.data] : cuts;
}
