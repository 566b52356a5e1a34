import { CoalescingPublisher, type BatchSink, type Outgoing } from '@kestrel/bus';
import { EVENT_TYPES } from '@kestrel/proto/events';
import { type Clock, OperationalError, TimeSlice } from '@kestrel/runtime';
import { aborted } from '../aborted.ts';
import { DEFAULT_SHRINK_RULE } from '../core/mass-shrink.ts';
import type { Entry } from '../core/mirror/entry.ts';
import type { KindState } from '../core/mirror/kind-state.ts';
import { massShrink, type Mirror } from '../core/mirror/mirror.ts';
import type { Gone, MirrorListener } from '../core/mirror/mirror-listener.ts';
import type { IngesterEvents } from '../events.ts';
import type { Kind } from '../kinds/kind.ts';
import { goneBySubject, isGone, judgeLeftovers } from './leftovers.ts';
import type { ResourceMessages } from './resource-messages.ts';
import type { KindKey, StreamState } from './stream-state.ts';

/** Batches whose messages are made before their turn. */
const BATCHES_READY_MAX = 2;

const NONE: ReadonlySet<string> = new Set();

/** What is to be written under a subject: the present state of an entry, or a tombstone. */
type Work = Entry | Pick<Gone, 'subject' | 'ref' | 'reason'>;

export interface ResourceWriterOptions {
  readonly mirror: Mirror;
  /** What stands in the stream; kept up to date from here on. */
  readonly stream: StreamState;
  readonly messages: ResourceMessages;
  /** Where batches go; refuses when the lease or the fence is lost. */
  readonly sink: BatchSink;
  readonly flushIntervalMs: number;
  readonly batchMessagesMax: number;
  readonly clock: Clock;
  readonly events: IngesterEvents;
  /** Has the kind listed again, to confirm that many of its objects are gone. */
  readonly onListWanted: (kind: Kind) => void;
}

/** How far a writer is. */
export interface WriterProgress {
  readonly published: number;
  readonly unchanged: number;
  readonly tombstones: number;
  /** Changes that are not yet acknowledged; batches on their way count as one. */
  readonly waiting: number;
  /** Epoch milliseconds; undefined before the first. */
  readonly lastAckAt: number | undefined;
  /** Since when changes wait without any acknowledgement, monotonic; undefined while none do. */
  readonly stuckSinceMs: number | undefined;
}

/**
 * Makes the stream say what the mirror says: first by comparing the two, then change by change. Lives as long as its
 * fence; its first error ends it. At most one unacknowledged message per subject.
 */
export class ResourceWriter implements MirrorListener {
  readonly #o: ResourceWriterOptions;
  readonly #publisher: CoalescingPublisher;
  /** Newest work by subject; bounded by the objects of mirror and stream. */
  readonly #work = new Map<string, Work>();
  /** What a list missed so much of that a later one must confirm it. */
  readonly #held = new Map<Kind, { readonly sync: number; readonly subjects: ReadonlySet<string> }>();
  readonly #failure = Promise.withResolvers<never>();
  #pumping: Promise<void> | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #ended = false;
  #counts = { published: 0, unchanged: 0, tombstones: 0 };
  #lastAckAt: number | undefined;
  #progressMs: number;

  constructor(o: ResourceWriterOptions) {
    this.#o = o;
    this.#progressMs = o.clock.monotonicMs();
    this.#publisher = new CoalescingPublisher(o.sink, {
      flushMs: o.flushIntervalMs,
      batchMessagesMax: o.batchMessagesMax,
      subjectsMax: BATCHES_READY_MAX * o.batchMessagesMax, // what waits beyond has no message yet, and costs little
      onStored: (messages) => this.#stored(messages),
      onFailed: (error) => this.fail(error),
    });
    this.#failure.promise.catch(() => undefined); // told by run
  }

  get progress(): WriterProgress {
    const waiting = this.#work.size + this.#publisher.waiting + (this.#publisher.idle ? 0 : 1);
    return {
      ...this.#counts,
      waiting,
      lastAckAt: this.#lastAckAt,
      stuckSinceMs: waiting === 0 ? undefined : this.#progressMs,
    };
  }

  /** Writes until the signal is aborted; then all that is known is stored, and it returns. Rejects with the first error. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = this.#o.mirror.listen(this);
    try {
      await Promise.race([this.#reconcile(), this.#failure.promise]);
      await Promise.race([aborted(signal), this.#failure.promise]);
      stop();
      await Promise.race([this.#flush(), this.#failure.promise]);
    } finally {
      stop();
      this.#ended = true;
      this.#work.clear();
    }
  }

  /** Ends the writer with this error; what waits is not written. */
  fail(error: unknown): void {
    this.#failure.reject(error);
  }

  changed(entry: Entry): void {
    this.#add(entry);
  }

  removed(gone: Gone): void {
    this.#add(gone);
  }

  settled(kind: Kind): void {
    void this.#startSweep(kind);
  }

  lost(): void {
    // A loss is no change of the stream's state.
  }

  found(): void {
    // Neither is a finding.
  }

  async #reconcile(): Promise<void> {
    const slice = new TimeSlice();
    for (const key of this.#o.stream.kinds()) {
      await this.#startSweep(key);
    }
    for (const state of this.#o.mirror.kinds) {
      for (const entry of state.entries.values()) {
        this.#add(entry);
        if (slice.due) await slice.yield();
      }
    }
    await this.#flush();
    this.#o.events.reconciled({ ...this.#counts, objects: this.#o.stream.size });
  }

  /** One sweep at a time. */
  #startSweep(key: KindKey): Promise<void> {
    this.#sweeping = this.#sweeping.then(() => this.#sweep(key)).catch((error: unknown) => this.fail(error));
    return this.#sweeping;
  }

  /** Tombstones for what an earlier writer left of a kind, as far as it is certain. */
  async #sweep(key: KindKey): Promise<void> {
    const { mirror, stream } = this.#o;
    const state = [...mirror.kinds].find((one) => one.kind.group === key.group && one.kind.kind === key.kind);
    const held = state === undefined ? undefined : this.#held.get(state.kind);
    if (state?.phase === 'synced' && held?.sync === state.lastSync) return; // a list does not confirm itself
    const written = stream.subjectsOf(key);
    const verdict = judgeLeftovers(DEFAULT_SHRINK_RULE, { written, state, held: held?.subjects ?? NONE });
    if (state?.phase === 'synced') this.#hold(state, verdict.hold, written.length);
    const slice = new TimeSlice();
    for (const subject of verdict.remove) {
      if (this.#ended) return;
      // Between the slices it may have come back.
      if (state === undefined || isGone(state, subject)) this.#add(goneBySubject(subject, verdict.reason));
      if (slice.due) await slice.yield();
    }
  }

  #hold({ kind, lastSync }: KindState, hold: readonly string[], known: number): void {
    if (hold.length === 0) {
      this.#held.delete(kind);
      return;
    }
    this.#held.set(kind, { sync: lastSync, subjects: new Set(hold) });
    this.#o.mirror.report(massShrink(kind, { known, gone: hold.length, where: 'the new start' }));
    this.#o.onListWanted(kind);
  }

  #add(work: Work): void {
    if (this.#work.size === 0 && this.#publisher.idle) this.#progressMs = this.#o.clock.monotonicMs();
    this.#work.set(work.subject, work);
    this.#startPump();
  }

  #startPump(): void {
    this.#pumping ??= this.#pump().then(
      () => {
        this.#pumping = undefined;
        if (this.#work.size > 0) this.#startPump(); // it came in the very moment in which the pump ended
      },
      (error: unknown) => {
        this.#pumping = undefined;
        this.fail(error);
      },
    );
  }

  /** Turns work into messages, in the order in which it came; waits where the publisher has no room. */
  async #pump(): Promise<void> {
    await Promise.resolve(); // so that what changes in one go is looked at once
    const slice = new TimeSlice();
    for (const [subject, work] of this.#work) {
      this.#work.delete(subject);
      const message = this.#messageOf(work);
      if (message !== undefined) await this.#publisher.put(message);
      if (slice.due) await slice.yield();
    }
  }

  /** Undefined when the stream says it already. What is handed to the publisher counts as said. */
  #messageOf(work: Work): Outgoing | undefined {
    const { stream, messages } = this.#o;
    if (!('digest' in work)) return stream.delete(work.ref, work.subject) ? messages.deleted(work) : undefined;
    if (stream.digest(work.type, work.subject) === work.digest) {
      this.#counts.unchanged += 1;
      stream.adopt(work.type, work.subject, work.digest);
      return undefined;
    }
    stream.set(work.type, work.subject, work.digest);
    return messages.observed(work);
  }

  async #flush(): Promise<void> {
    await this.#sweeping;
    while (this.#pumping !== undefined) await this.#pumping;
    await this.#publisher.flushed();
  }

  #stored(messages: readonly Outgoing[]): void {
    this.#progressMs = this.#o.clock.monotonicMs();
    this.#lastAckAt = this.#o.clock.nowMs();
    const tombstones = messages.filter(
      (message) => message.headers?.['ce-type'] === EVENT_TYPES.resourceDeleted,
    ).length;
    this.#counts.published += messages.length;
    this.#counts.tombstones += tombstones;
    this.#o.events.stored({ records: messages.length - tombstones, tombstones });
  }
}

/** A sink that asks before each batch whether the lease is still held. */
export function whileHeld(lease: { stillHeld(): boolean }, sink: BatchSink): BatchSink {
  return {
    publishBatch: async (messages) => {
      if (!lease.stillHeld())
        throw new OperationalError('lease_lost', 'the lease is over: nothing is written any more');
      return await sink.publishBatch(messages);
    },
  };
}
