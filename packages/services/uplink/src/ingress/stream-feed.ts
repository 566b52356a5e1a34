import { orderedReader } from '@kestrel/bus';
import type { Bus, StoredMessage, StreamName } from '@kestrel/bus';
import { OperationalError } from '@kestrel/runtime';
import type { Clock, Logger } from '@kestrel/runtime';
import type { EventQueue } from '../core/batch-cutter.ts';

/** Read ahead of the cloud, per stream: half in this queue, half in the reader's. */
const queueBytesMax = 1024 * 1024;
const readerBytesMax = 1024 * 1024;
/** What a message costs beside its bytes. */
const messageOverheadBytes = 256;
/** Taken places at the front of the queue, until they are worth removing. */
const compactAfter = 1_024;

export interface StreamFeedOptions {
  readonly stream: StreamName;
  readonly startSeq: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when there is something to take, and when reading has failed. */
  readonly onChange: () => void;
}

/** Reads a stream from a sequence on, ahead of whoever takes, bounded by bytes. Disposing it stops the reading. */
export class StreamFeed implements EventQueue, AsyncDisposable {
  readonly #o: StreamFeedOptions;
  readonly #stopping = new AbortController();
  readonly #reading: Promise<void>;
  #messages: StoredMessage[] = [];
  #head = 0;
  #bytes = 0;
  #waitingSinceMs = 0;
  #readSeq: number;
  #readTimeMs = 0;
  #failure: OperationalError | undefined;
  #resume: (() => void) | undefined;

  constructor(bus: Bus, o: StreamFeedOptions) {
    this.#o = o;
    this.#readSeq = o.startSeq - 1;
    this.#reading = this.#read(bus);
  }

  peek(): StoredMessage | undefined {
    return this.#messages[this.#head];
  }

  shift(): void {
    const message = this.#messages[this.#head];
    if (message === undefined) return;
    this.#head += 1;
    this.#bytes -= sizeOf(message);
    if (this.#head >= compactAfter) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    if (this.#bytes < queueBytesMax / 2) this.#resume?.();
  }

  /** Bytes that wait, headers included. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /** Monotonic time since which something waits: the oldest, or one that was before it. */
  get waitingSinceMs(): number {
    return this.#waitingSinceMs;
  }

  /** Last sequence that came off the bus; the one before the first while nothing came. */
  get readSeq(): number {
    return this.#readSeq;
  }

  /** Stream time of that message, epoch milliseconds; 0 while nothing came. */
  get readTimeMs(): number {
    return this.#readTimeMs;
  }

  /** Why reading has ended: the stream is gone, is another one, or ends before the position. */
  get failure(): OperationalError | undefined {
    return this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#resume?.();
    await this.#reading;
  }

  async #read(bus: Bus): Promise<void> {
    const { stream, startSeq, log, onChange } = this.#o;
    const { signal } = this.#stopping;
    try {
      for await (const message of orderedReader(bus, { stream, startSeq, bytesMax: readerBytesMax, signal, log })) {
        this.#push(message);
        if (this.#bytes >= queueBytesMax && !signal.aborted) await this.#untilTaken();
      }
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      this.#failure = error;
      onChange();
    }
  }

  #push(message: StoredMessage): void {
    const wasEmpty = this.#head === this.#messages.length;
    this.#messages.push(message);
    this.#bytes += sizeOf(message);
    this.#readSeq = message.seq;
    this.#readTimeMs = message.time.getTime();
    if (!wasEmpty) return;
    this.#waitingSinceMs = this.#o.clock.monotonicMs();
    this.#o.onChange();
  }

  async #untilTaken(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
    this.#resume = undefined;
  }
}

function sizeOf(message: StoredMessage): number {
  return message.headers.length + message.data.length + messageOverheadBytes;
}
