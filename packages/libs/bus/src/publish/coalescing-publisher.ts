import { OperationalError } from '@kestrel/runtime';
import type { Outgoing, StoredBatch } from './outgoing.ts';
import { BATCH_MESSAGES_MAX } from './publisher.ts';

/** What a coalescing publisher writes through. */
export interface BatchSink {
  publishBatch(messages: readonly Outgoing[]): Promise<StoredBatch>;
}

/** How a coalescing publisher works. */
export interface CoalescingOptions {
  /** Messages in one batch, at most {@link BATCH_MESSAGES_MAX}. @defaultValue 1000 */
  readonly batchMessagesMax?: number;
  /** Bytes in one batch (bodies). @defaultValue 4 MiB */
  readonly batchBytesMax?: number;
  /** A batch leaves this long after its first message, if it is not full before. @defaultValue 20 */
  readonly flushMs?: number;
  /** Subjects waiting at once; beyond it `put` waits. @defaultValue 20000 */
  readonly subjectsMax?: number;
  /** Called with each batch that was stored. */
  readonly onStored?: (messages: readonly Outgoing[], stored: StoredBatch) => void;
  /** Called once, with the error that ended it; after it nothing is published any more. */
  readonly onFailed: (error: unknown) => void;
}

const BATCH_BYTES_MAX = 4 * 1_024 * 1_024;
const FLUSH_MS = 20;
const SUBJECTS_MAX = 20_000;

/**
 * Publishes the newest state of each subject, in atomic batches, one batch at a time: at most one message of a subject is
 * ever unacknowledged, and newer states replace each other behind it. So a resend can never make an older state the
 * last one.
 *
 * It does not repeat what failed: the first error ends it (`onFailed`), since what to do (rescan, new election, wait for
 * room) depends on more than the message.
 */
export class CoalescingPublisher implements AsyncDisposable {
  readonly #sink: BatchSink;
  readonly #o: Required<Omit<CoalescingOptions, 'onStored'>> & Pick<CoalescingOptions, 'onStored'>;
  /** Newest message by subject, in the order in which the subjects began to wait. */
  readonly #waiting = new Map<string, Outgoing>();
  #roomWaiters: (() => void)[] = [];
  #idleWaiters: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #ended: { readonly error: unknown } | undefined;

  constructor(sink: BatchSink, o: CoalescingOptions) {
    const batchMessagesMax = o.batchMessagesMax ?? BATCH_MESSAGES_MAX;
    if (batchMessagesMax < 1 || batchMessagesMax > BATCH_MESSAGES_MAX) {
      throw new RangeError(`a batch has 1 to ${BATCH_MESSAGES_MAX} messages, not ${batchMessagesMax}`);
    }
    this.#sink = sink;
    this.#o = {
      batchBytesMax: BATCH_BYTES_MAX,
      flushMs: FLUSH_MS,
      subjectsMax: SUBJECTS_MAX,
      ...o,
      batchMessagesMax,
    };
  }

  /** Subjects whose newest state is not yet sent. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether nothing waits and nothing is unacknowledged. */
  get idle(): boolean {
    return this.#waiting.size === 0 && !this.#sending;
  }

  /**
   * Takes the newest state of a subject; returns once there is room for it, not when it is stored.
   * @throws what ended the publisher, or OperationalError `closed`.
   */
  async put(message: Outgoing): Promise<void> {
    while (!this.#ended && !this.#waiting.has(message.subject) && this.#waiting.size >= this.#o.subjectsMax) {
      await new Promise<void>((resolve) => {
        this.#roomWaiters.push(resolve);
      });
    }
    if (this.#ended) throw this.#ended.error;
    this.#waiting.set(message.subject, message);
    this.#schedule();
  }

  /** Resolves when all that was put is stored. @throws what ended the publisher. */
  async flushed(): Promise<void> {
    while (!this.#ended && !this.idle) {
      this.#flushNow();
      await new Promise<void>((resolve) => {
        this.#idleWaiters.push(resolve);
      });
    }
    if (this.#ended) throw this.#ended.error;
  }

  #schedule(): void {
    if (this.#sending || this.#ended) return;
    if (this.#waiting.size >= this.#o.batchMessagesMax) this.#flushNow();
    else this.#timer ??= setTimeout(() => this.#flushNow(), this.#o.flushMs);
  }

  #flushNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sending || this.#ended || this.#waiting.size === 0) return;
    this.#sending = true;
    const batch = this.#nextBatch();
    wake(this.#roomWaiters.splice(0));
    this.#sink.publishBatch(batch).then(
      (stored) => this.#stored(batch, stored),
      (error: unknown) => this.#end(error, true),
    );
  }

  #nextBatch(): Outgoing[] {
    const batch: Outgoing[] = [];
    let bytes = 0;
    for (const [subject, message] of this.#waiting) {
      bytes += message.data.length;
      if (batch.length > 0 && (batch.length >= this.#o.batchMessagesMax || bytes > this.#o.batchBytesMax)) break;
      batch.push(message);
      this.#waiting.delete(subject);
    }
    return batch;
  }

  #stored(batch: readonly Outgoing[], stored: StoredBatch): void {
    this.#sending = false;
    this.#o.onStored?.(batch, stored);
    wake(this.#idleWaiters.splice(0));
    // What came in during the round trip has waited long enough.
    this.#flushNow();
  }

  #end(error: unknown, tell: boolean): void {
    if (this.#ended) return;
    this.#sending = false;
    this.#ended = { error };
    clearTimeout(this.#timer);
    this.#waiting.clear();
    wake([...this.#roomWaiters.splice(0), ...this.#idleWaiters.splice(0)]);
    if (tell) this.#o.onFailed(error);
  }

  /** Stores what waits, then ends. Does not throw: a failure was told to `onFailed`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.flushed().catch(() => undefined);
    this.#end(new OperationalError('closed', 'the publisher is closed', { retryable: false }), false);
  }
}

function wake(waiters: readonly (() => void)[]): void {
  for (const waiter of waiters) waiter();
}
