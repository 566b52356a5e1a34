import { type Bus, type ElectionState, type HeldLease, LeaseElection, leaseKey } from '@kestrel/bus';
import { Backoff, type Clock, type Logger, OperationalError, sleep } from '@kestrel/runtime';
import { aborted } from '../aborted.ts';
import type { WriterProgress } from './resource-writer.ts';
import { DRAIN_TIMEOUT_MS, runSession } from './run-session.ts';
import type { WriterSession } from './writer-session.ts';

const RESTART_BASE_MS = 200;
const RESTART_MAX_MS = 15_000;
const HEALTHY_AFTER_MS = 60_000;

/** The one shard there is: see the ADR on sharding. */
export const SHARD = 'all';

export interface LeadershipOptions {
  /** Unique per start of a process. */
  readonly holder: string;
  readonly leaseTtlMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Resolves when the mirror is worth writing. */
  readonly mirrorComplete: Promise<void>;
  /** Begins to write under a lease: takes the fence, scans the stream. */
  readonly startSession: (lease: HeldLease) => Promise<WriterSession>;
  readonly onRestart: (error: unknown) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Runs for election, and writes while the lease is held. Disposing stores what is known and gives the lease back. */
export class Leadership implements AsyncDisposable {
  readonly #o: LeadershipOptions;
  readonly #election: LeaseElection;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #leading: Promise<void> | undefined;
  #session: WriterSession | undefined;
  #problem: string | undefined;

  constructor(bus: Bus, o: LeadershipOptions) {
    this.#o = o;
    this.#election = new LeaseElection(bus, {
      key: leaseKey('ingester', SHARD),
      holder: o.holder,
      ttlMs: o.leaseTtlMs,
      renewMs: Math.floor(o.leaseTtlMs / 3),
      log: o.log,
      clock: o.clock,
    });
    this.#running = this.#run().catch(o.onFailure);
  }

  /** Who has nothing to write yet does not run for election: it would keep out one who has. */
  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    await Promise.race([this.#o.mirrorComplete, aborted(signal)]);
    if (signal.aborted) return;
    await this.#election.run((lease) => {
      this.#leading = this.#lead(lease);
      return this.#leading;
    });
  }

  get state(): ElectionState {
    return this.#election.state();
  }

  /** Why this process, when it held the lease last, could not write; undefined once it could. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** How far the writer is; undefined while this process does not write. */
  get progress(): WriterProgress | undefined {
    return this.#session?.writer.progress;
  }

  /** Returns when the process stops or the lease is lost; what may succeed again under the same lease is tried again. */
  async #lead(lease: HeldLease): Promise<void> {
    const { clock } = this.#o;
    const backoff = new Backoff({
      baseMs: RESTART_BASE_MS,
      maxMs: RESTART_MAX_MS,
      healthyAfterMs: HEALTHY_AFTER_MS,
      clock,
    });
    const end = AbortSignal.any([lease.signal, this.#stopping.signal]);
    while (!end.aborted) {
      try {
        await this.#writeOnce(lease, end, () => backoff.succeeded());
      } catch (error) {
        this.#problem = error instanceof Error ? error.message : String(error);
        if (!(error instanceof OperationalError) || !error.retryable) throw error;
        if (end.aborted) throw error;
        this.#o.onRestart(error);
        await sleep(backoff.nextDelayMs(), end);
      }
    }
  }

  async #writeOnce(lease: HeldLease, end: AbortSignal, started: () => void): Promise<void> {
    const session = await this.#o.startSession(lease); // runSession disposes it
    this.#session = session;
    this.#problem = undefined;
    started();
    const lost = () => session.writer.fail(lease.signal.reason);
    lease.signal.addEventListener('abort', lost, { once: true });
    if (lease.signal.aborted) lost();
    try {
      await runSession(session, end, { drainTimeoutMs: DRAIN_TIMEOUT_MS, log: this.#o.log });
    } finally {
      lease.signal.removeEventListener('abort', lost);
      this.#session = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    // While the lease is still held; how it ended was told to the election.
    await this.#leading?.catch(() => undefined);
    await this.#election[Symbol.asyncDispose]();
    await this.#running;
  }
}
