import { OperationalError, sleep } from '@kestrel/runtime';
import type { Clock, Logger } from '@kestrel/runtime';
import { nextTerm } from './lease-record.ts';
import type { LeaseRecord } from './lease-record.ts';
import { isBucketLost } from './lease-store.ts';
import type { LeaseStore } from './lease-store.ts';

/** A lease that is held. */
export interface HeldLease {
  /** Constant while held, unless {@link raiseTerm} is called; higher than every earlier holder's. */
  readonly term: number;
  /** Aborted, with the reason, when the lease is lost or given up. */
  readonly signal: AbortSignal;
  /** Whether nobody else can hold it at this moment: look before each effect. Monotonic, so it also ends a paused process. */
  stillHeld(): boolean;
  /** Takes a term above `min` and all others seen. @throws OperationalError `lease_lost`, `bus_timeout`, `term_invalid` */
  raiseTerm(min: number): Promise<void>;
}

interface HoldOptions {
  readonly store: LeaseStore;
  readonly record: LeaseRecord;
  readonly seq: number;
  /** Monotonic time just before the write that took it. */
  readonly takenMs: number;
  readonly ttlMs: number;
  readonly renewMs: number;
  readonly marginMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Between two tries of a renewal that was not answered. */
const RETRY_MS = 500;

/** Keeps a lease renewed until it is lost or given up. */
export class LeaseHold implements HeldLease {
  readonly #o: HoldOptions;
  readonly #lost = new AbortController();
  #record: LeaseRecord;
  #seq: number;
  #deadlineMs: number;
  #deadlineTimer: NodeJS.Timeout | undefined;
  /** Renewals and changes of the term, one after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  readonly #renewing: Promise<void>;
  #ended: Promise<void> | undefined;

  constructor(o: HoldOptions) {
    this.#o = o;
    this.#record = o.record;
    this.#seq = o.seq;
    this.#deadlineMs = 0;
    this.#extend(o.takenMs);
    this.#renewing = this.#renewForEver();
  }

  get term(): number {
    return this.#record.term;
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  stillHeld(): boolean {
    return !this.#lost.signal.aborted && this.#o.clock.monotonicMs() < this.#deadlineMs;
  }

  raiseTerm(min: number): Promise<void> {
    return this.#exclusively(async () => {
      const highest = await this.#o.store.readTerm();
      const term = nextTerm(highest.term, this.term, min);
      const reserved = await this.#o.store.writeTerm(term, highest.seq);
      if (reserved.kind === 'conflict') throw new OperationalError('lease_lost', 'another takes a term at this moment');
      if (!(await this.#write({ ...this.#record, term, renewals: 0 }))) {
        throw new OperationalError('lease_lost', 'the lease was lost while its term was raised');
      }
      this.#o.log.info({ term }, 'lease has a higher term');
    });
  }

  /** Ends holding. Gives the lease back if it is still held, so that another can take it at once. Does not throw. */
  end(reason: string): Promise<void> {
    this.#ended ??= this.#giveUp(reason);
    return this.#ended;
  }

  async #giveUp(reason: string): Promise<void> {
    const held = this.stillHeld();
    this.#lose(reason);
    await this.#renewing;
    if (!held) return;
    try {
      await this.#exclusively(() => this.#o.store.release(this.#seq));
    } catch (error) {
      this.#o.log.warn({ err: error }, 'lease cannot be given back, it will expire');
    }
  }

  async #renewForEver(): Promise<void> {
    let waitMs = this.#o.renewMs;
    for (;;) {
      await sleep(waitMs, this.#lost.signal);
      if (this.#lost.signal.aborted) return;
      if (!this.stillHeld()) {
        this.#lose('it could not be renewed in time');
        return;
      }
      waitMs = (await this.#exclusively(() => this.#renewOnce())) ? this.#o.renewMs : RETRY_MS;
    }
  }

  /** Whether the renewal was stored; loses the lease if it is another's. */
  async #renewOnce(): Promise<boolean> {
    try {
      const stored = await this.#write({ ...this.#record, renewals: this.#record.renewals + 1 });
      if (!stored) this.#lose('another holds it');
      return stored;
    } catch (error) {
      if (!(error instanceof OperationalError)) {
        this.#lose('its renewal is broken');
        throw error;
      }
      this.#o.log.warn({ err: error }, 'lease is not renewed yet');
      return false;
    }
  }

  /** Writes the lease's next record; false if it is another's now. Resolves a conflict by reading. */
  async #write(record: LeaseRecord): Promise<boolean> {
    const sentMs = this.#o.clock.monotonicMs();
    const result = await this.#o.store.write(record, this.#seq).catch(async (error: unknown) => {
      if (!isBucketLost(error)) throw error;
      await this.#o.store.recreate();
      return { kind: 'conflict' } as const;
    });
    if (result.kind === 'written') {
      this.#written(record, result.seq, sentMs);
      return true;
    }
    return this.#resolveConflict(record, sentMs);
  }

  /**
   * The lease did not stand where we left it. Ours: an earlier write that was never answered had been stored after all.
   * Nobody's: the bucket was lost, and until our deadline nobody else may have it. Another's: lost.
   */
  async #resolveConflict(record: LeaseRecord, sentMs: number): Promise<boolean> {
    const { record: present, seq } = await this.#o.store.read();
    if (present && !this.#isOurs(present)) return false;
    if (!this.stillHeld()) return false;
    const again = await this.#o.store.write(record, seq);
    if (again.kind === 'conflict') return false;
    this.#written(record, again.seq, sentMs);
    if (!present) await this.#restoreTerm();
    return true;
  }

  /** After a lost bucket: the next holder must find a term to go beyond. */
  async #restoreTerm(): Promise<void> {
    const highest = await this.#o.store.readTerm();
    if (highest.term < this.term) await this.#o.store.writeTerm(this.term, highest.seq);
  }

  #isOurs(present: LeaseRecord): boolean {
    return present.holder === this.#record.holder && present.term >= this.#record.term;
  }

  #written(record: LeaseRecord, seq: number, sentMs: number): void {
    this.#record = record;
    this.#seq = seq;
    this.#extend(sentMs);
  }

  #extend(fromMs: number): void {
    const { clock, ttlMs, marginMs } = this.#o;
    this.#deadlineMs = fromMs + ttlMs - marginMs;
    clearTimeout(this.#deadlineTimer);
    if (this.#lost.signal.aborted) return;
    const leftMs = this.#deadlineMs - clock.monotonicMs();
    this.#deadlineTimer = setTimeout(() => this.#lose('it could not be renewed in time'), Math.max(0, leftMs));
  }

  #lose(reason: string): void {
    clearTimeout(this.#deadlineTimer);
    if (this.#lost.signal.aborted) return;
    this.#lost.abort(new OperationalError('lease_lost', `the lease is over: ${reason}`));
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(work, work);
    this.#writing = turn.catch(() => undefined);
    return turn;
  }
}
