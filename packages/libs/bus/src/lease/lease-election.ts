import { Backoff, OperationalError, sleep, systemClock } from '@kestrel/runtime';
import type { Clock, Logger } from '@kestrel/runtime';
import type { Bus } from '../connection/bus.ts';
import { LeaseHold } from './held-lease.ts';
import type { HeldLease } from './held-lease.ts';
import { nextTerm } from './lease-record.ts';
import type { LeaseRecord } from './lease-record.ts';
import { isBucketLost, LeaseStore } from './lease-store.ts';
import type { StoredLease } from './lease-store.ts';

/** Life of a lease that is not renewed. */
export const LEASE_TTL_MS = 9_000;
/** Time between two renewals. */
export const LEASE_RENEW_MS = 3_000;
/** A holder stops believing in its lease this long before the server may give it to another. */
export const LEASE_MARGIN_MS = 1_500;
/** How often a standby looks. */
const POLL_MS = 1_000;
const REQUEST_TIMEOUT_MS = 2_000;

/** Which lease, and for whom. */
export interface LeaseOptions {
  /** See `leaseKey`. */
  readonly key: string;
  /** Unique per start of a process (instance and boot id). */
  readonly holder: string;
  readonly log: Logger;
  /** @defaultValue {@link LEASE_TTL_MS}; whole seconds, at least 2 s, and more than renewals + margin. */
  readonly ttlMs?: number;
  /** @defaultValue {@link LEASE_RENEW_MS} */
  readonly renewMs?: number;
  /** @defaultValue {@link LEASE_MARGIN_MS} */
  readonly marginMs?: number;
  /** The highest term that anybody outside of the bus has seen (the cloud): terms outlive a lost bucket. */
  readonly highestTermSeen?: () => number;
  readonly clock?: Clock;
}

/** What is known of an election, for status and readiness. */
export interface ElectionState {
  readonly key: string;
  /** `unknown` until the bucket answered once, and while it cannot be read. */
  readonly role: 'unknown' | 'standby' | 'active';
  readonly holder?: string;
  readonly term?: number;
  /** Why the bucket cannot be read or written. */
  readonly reason?: string;
}

/**
 * Election of one active process by a lease with terms. Holding it is never proof enough for an effect: look at
 * `stillHeld` before each, and let a `Fence` guard what is written to a stream.
 */
export class LeaseElection implements AsyncDisposable {
  readonly #o: LeaseOptions;
  readonly #clock: Clock;
  readonly #store: LeaseStore;
  readonly #ttlMs: number;
  readonly #ending = new AbortController();
  readonly #bus: Bus;
  #state: ElectionState;
  #running: Promise<void> | undefined;
  #hold: LeaseHold | undefined;
  /** Whether this process has seen the bucket: if it is gone later, a holder may still be at work. */
  #bucketSeen = false;

  constructor(bus: Bus, o: LeaseOptions) {
    const { ttlMs = LEASE_TTL_MS, renewMs = LEASE_RENEW_MS, marginMs = LEASE_MARGIN_MS } = o;
    if (ttlMs < 2_000 || ttlMs <= renewMs + marginMs) throw new RangeError('a lease must outlive its renewals');
    this.#o = o;
    this.#bus = bus;
    this.#ttlMs = ttlMs;
    this.#clock = o.clock ?? systemClock;
    this.#store = new LeaseStore(bus, { key: o.key, ttlMs, timeoutMs: REQUEST_TIMEOUT_MS, log: o.log });
    this.#state = { key: o.key, role: 'unknown' };
  }

  state(): ElectionState {
    return this.#hold?.stillHeld() === true ? { ...this.#state, term: this.#hold.term } : this.#state;
  }

  /**
   * Runs for election until disposed; each time the lease is won, calls `onHeld`, which must return soon after its
   * signal is aborted. When it returns or fails with an OperationalError the lease is given back and the election goes
   * on, after a pause. Any other error ends the election and is thrown.
   */
  run(onHeld: (lease: HeldLease) => Promise<void>): Promise<void> {
    if (this.#running) throw new Error('the election runs already');
    this.#running = this.#loop(onHeld);
    return this.#running;
  }

  async #loop(onHeld: (lease: HeldLease) => Promise<void>): Promise<void> {
    const backoff = new Backoff({ baseMs: POLL_MS, maxMs: this.#ttlMs, healthyAfterMs: 60_000, clock: this.#clock });
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const hold = await this.#tryToTake();
      if (!hold) {
        // Between half and one and a half polls: standbys spread out.
        await sleep(POLL_MS * (0.5 + Math.random()), signal);
        continue;
      }
      await this.#lead(hold, onHeld);
      await sleep(POLL_MS + backoff.nextDelayMs(), signal);
    }
  }

  async #lead(hold: LeaseHold, onHeld: (lease: HeldLease) => Promise<void>): Promise<void> {
    const { term } = hold;
    this.#hold = hold;
    this.#o.log.info({ key: this.#o.key, term }, 'lease is taken');
    const stop = () => void hold.end('the process ends');
    this.#ending.signal.addEventListener('abort', stop, { once: true });
    if (this.#ending.signal.aborted) stop();
    try {
      await onHeld(hold);
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      this.#o.log.warn({ err: error, key: this.#o.key, term }, 'active work ends with an error');
    } finally {
      this.#ending.signal.removeEventListener('abort', stop);
      await hold.end('its work is over');
      this.#hold = undefined;
      this.#state = { key: this.#o.key, role: 'standby' };
      this.#o.log.info({ key: this.#o.key, term }, 'lease is given up');
    }
  }

  async #tryToTake(): Promise<LeaseHold | undefined> {
    try {
      const lease = await this.#store.read();
      this.#bucketSeen = true;
      if (lease.record && lease.record.holder !== this.#o.holder) {
        const { holder, term } = lease.record;
        this.#state = { key: this.#o.key, role: 'standby', holder, term };
        return undefined;
      }
      return await this.#take(lease);
    } catch (error) {
      if (isBucketLost(error)) await this.#bringBucketBack();
      else this.#unknown(error);
      return undefined;
    }
  }

  /** First a term of its own, then the lease: a term is never given out twice, at worst one is skipped. */
  async #take(lease: StoredLease): Promise<LeaseHold | undefined> {
    const highest = await this.#store.readTerm();
    const term = nextTerm(highest.term, lease.record?.term ?? 0, this.#o.highestTermSeen?.() ?? 0);
    if ((await this.#store.writeTerm(term, highest.seq)).kind === 'conflict') return undefined;
    const record: LeaseRecord = { holder: this.#o.holder, term, renewals: 0 };
    const takenMs = this.#clock.monotonicMs();
    const result = await this.#store.write(record, lease.seq);
    if (result.kind === 'conflict') return undefined;
    this.#state = { key: this.#o.key, role: 'active', holder: this.#o.holder, term };
    return new LeaseHold({
      store: this.#store,
      record,
      seq: result.seq,
      takenMs,
      ttlMs: this.#ttlMs,
      renewMs: this.#o.renewMs ?? LEASE_RENEW_MS,
      marginMs: this.#o.marginMs ?? LEASE_MARGIN_MS,
      clock: this.#clock,
      log: this.#o.log,
    });
  }

  async #bringBucketBack(): Promise<void> {
    try {
      await this.#store.recreate();
    } catch (error) {
      this.#unknown(error);
      return;
    }
    if (!this.#bucketSeen) return;
    this.#o.log.warn({ key: this.#o.key }, 'bucket of leases was lost and is made again, its holder may go first');
    await sleep(this.#ttlMs, this.#ending.signal);
  }

  #unknown(error: unknown): void {
    if (!(error instanceof OperationalError)) throw error;
    const reason = this.#bus.connected ? error.message : (this.#bus.status.lastError ?? error.message);
    if (this.#state.reason !== reason) this.#o.log.warn({ err: error, key: this.#o.key }, 'lease is not known');
    this.#state = { key: this.#o.key, role: 'unknown', reason };
  }

  /** Ends the active work (its signal is aborted), gives the lease back, and waits for `run` to return. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    // What run throws is its caller's; here only its end matters.
    await this.#running?.catch(() => undefined);
  }
}
