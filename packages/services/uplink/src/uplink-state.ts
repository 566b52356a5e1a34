import type { Component, Health, StatusBoard } from '@kestrel/runtime';
import type { Clock } from '@kestrel/runtime';
import type { ElectionState } from '@kestrel/bus';
import type { TrafficClass } from '@kestrel/proto/cloud';
import type { LostRange } from './core/plan-stream.ts';
import type { EventListener } from './events.ts';

const gapsKeptMax = 20;
/** Something waits and nothing was committed for so long: the way to the cloud is blocked. */
const stalledAfterMs = 30_000;
/** A session that is only renewed may be away for so long before readiness speaks of it. */
const renewalMs = 5_000;

/** What is shown of a stream in the open session. */
interface OpenStream {
  readonly stream: { readonly name: string; readonly trafficClass: TrafficClass };
  readonly epoch: string;
  readonly lastSeq: number;
  readonly lag: number;
  readonly snapshotId: string | undefined;
  readonly isBusy: boolean;
  readonly progress: { readonly committedSeq: number; readonly committedTimeMs: number };
}

/** What is shown of the open session. */
export interface OpenSession {
  readonly id: string;
  readonly sinceMs: number;
  readonly term: number;
  readonly highestTerm: number;
  readonly inFlightBytes: number;
  readonly windowBytes: number;
  readonly senders: readonly OpenStream[];
  creditOf(trafficClass: TrafficClass): number;
}

/** What the status page shows of a stream. */
interface StreamStatus {
  readonly name: string;
  readonly epoch: string;
  readonly lastSeq: number;
  readonly committedSeq: number;
  readonly lag: number;
  readonly creditBytes: number;
  readonly snapshotId: string | undefined;
}

interface KeptGap extends LostRange {
  readonly stream: string;
  readonly atMs: number;
}

/** What this uplink knows of itself: readiness and status page are made of it. */
export class UplinkState implements EventListener {
  readonly #clock: Clock;
  readonly #session: Component;
  readonly #progress: Component;
  readonly #lease: Component;
  readonly #gaps: KeptGap[] = [];
  readonly #election: () => ElectionState;
  #current: OpenSession | undefined;
  #lastStreams: readonly StreamStatus[] = [];
  #problem: string | undefined;
  #highestTerm = 0;
  #rejected = 0;
  #lastCommitMs: number | undefined;
  #progressSinceMs: number;
  /** Monotonic. */
  #renewedByMs = 0;

  constructor(o: { health: Health; clock: Clock; election: () => ElectionState }) {
    this.#clock = o.clock;
    this.#election = o.election;
    this.#session = o.health.component('cloud session');
    this.#progress = o.health.component('progress');
    this.#lease = o.health.component('lease');
    this.#progressSinceMs = o.clock.monotonicMs();
  }

  /** The highest term that the cloud has spoken of: terms outlive a lost lease bucket. */
  get highestTerm(): number {
    return this.#highestTerm;
  }

  /** Before the first election: what it waits for. */
  waitsFor(what: string): void {
    this.#lease.notReady(`does not run for election yet: ${what}`);
  }

  sessionOpened(session: OpenSession, term: number): void {
    this.#current = session;
    this.#problem = undefined;
    this.#highestTerm = Math.max(this.#highestTerm, term, session.highestTerm);
    this.#session.ready();
  }

  sessionOver(problem: string | undefined, highestTerm: number): void {
    this.#remember();
    this.#current = undefined;
    this.#highestTerm = Math.max(this.#highestTerm, highestTerm);
    this.#problem = problem;
    if (problem === undefined) this.#renewedByMs = this.#clock.monotonicMs() + renewalMs;
    else this.#session.notReady(problem);
  }

  gapTold(stream: string, lost: LostRange): void {
    this.#gaps.push({ stream, ...lost, atMs: this.#clock.nowMs() });
    if (this.#gaps.length > gapsKeptMax) this.#gaps.shift();
  }

  rejected(): void {
    this.#rejected += 1;
  }

  committed(): void {
    this.#lastCommitMs = this.#clock.nowMs();
    this.#progressSinceMs = this.#clock.monotonicMs();
  }

  /** Called every second: readiness that comes with time. */
  tick(): void {
    const election = this.#election();
    if (election.role !== 'unknown') this.#lease.ready();
    else if (election.reason !== undefined) this.#lease.notReady(`the lease is not known: ${election.reason}`);
    this.#tellSession(election);
    const isBusy = this.#current?.senders.some((sender) => sender.isBusy) === true;
    if (!isBusy) this.#progressSinceMs = this.#clock.monotonicMs();
    const stalledMs = this.#clock.monotonicMs() - this.#progressSinceMs;
    if (stalledMs <= stalledAfterMs) this.#progress.ready();
    else this.#progress.notReady(`the cloud has committed nothing for ${stalledAfterMs / 1_000} s, and events wait`);
  }

  #tellSession({ role, holder }: ElectionState): void {
    if (role !== 'active') this.#renewedByMs = 0;
    // A standby holds no session, and is as ready as it can be; one that has just given up is none while nobody else leads.
    if (role === 'standby' && holder !== undefined) this.#session.ready();
    if (role !== 'active' || this.#current || this.#clock.monotonicMs() < this.#renewedByMs) return;
    this.#session.notReady(this.#problem ?? 'no session yet');
  }

  /** The cloud's positions in the open session; empty without one. */
  cursors(): readonly { name: string; epoch: string; committedSeq: number; committedTimeMs: number }[] {
    return (this.#current?.senders ?? []).map(({ stream, epoch, progress }) => ({
      name: stream.name,
      epoch,
      committedSeq: progress.committedSeq,
      committedTimeMs: progress.committedTimeMs,
    }));
  }

  /** Puts the sections of the status page up. */
  show(status: StatusBoard, commands: () => { accepted: number; refused: number }): void {
    status.set('role', () => this.#election().role);
    status.set('lease', () => this.#election());
    status.set('session', () => this.#sessionStatus());
    status.set('streams', () => this.#streams());
    status.set('snapshot', () => this.#streams().find((stream) => stream.snapshotId !== undefined)?.snapshotId ?? null);
    status.set('gaps', () => this.#gaps);
    status.set('rejected', () => this.#rejected);
    status.set('commands', commands);
    status.set('lastCommitAt', () =>
      this.#lastCommitMs === undefined ? null : new Date(this.#lastCommitMs).toISOString(),
    );
  }

  #sessionStatus(): unknown {
    const session = this.#current;
    if (!session) return { open: false, problem: this.#problem ?? null, highestTerm: this.#highestTerm };
    const { id, inFlightBytes, windowBytes } = session;
    const since = new Date(session.sinceMs).toISOString();
    return { open: true, id, since, term: session.term, highestTerm: this.#highestTerm, inFlightBytes, windowBytes };
  }

  #streams(): readonly StreamStatus[] {
    this.#remember();
    return this.#lastStreams;
  }

  /** Between sessions the last known positions stay on the page. */
  #remember(): void {
    const session = this.#current;
    if (!session) return;
    this.#lastStreams = session.senders.map((sender) => ({
      name: sender.stream.name,
      epoch: sender.epoch,
      lastSeq: sender.lastSeq,
      committedSeq: sender.progress.committedSeq,
      lag: sender.lag,
      creditBytes: session.creditOf(sender.stream.trafficClass),
      snapshotId: sender.snapshotId,
    }));
  }
}
