import type { Component, Health, StatusBoard } from '@kestrel/runtime';
import type { Clock } from '@kestrel/runtime';
import type { ElectionState } from '@kestrel/bus';
import type { LostRange } from './core/plan-stream.ts';
import type { Session } from './egress/session.ts';
import type { EventListener } from './events.ts';

const gapsKeptMax = 20;
/** Something waits and nothing was committed for so long: the way to the cloud is blocked. */
const stalledAfterMs = 30_000;

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
  #current: Session | undefined;
  #lastStreams: readonly StreamStatus[] = [];
  #problem: string | undefined;
  #highestTerm = 0;
  #rejected = 0;
  #lastCommitMs: number | undefined;
  #progressSinceMs: number;

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

  sessionOpened(session: Session, term: number): void {
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
    if (problem !== undefined) this.#session.notReady(problem);
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
    // A standby holds no session, and is as ready as it can be.
    if (election.role === 'standby') this.#session.ready();
    const isBusy = this.#current?.senders.some((sender) => sender.isBusy) === true;
    if (!isBusy) this.#progressSinceMs = this.#clock.monotonicMs();
    const stalledMs = this.#clock.monotonicMs() - this.#progressSinceMs;
    if (stalledMs <= stalledAfterMs) this.#progress.ready();
    else this.#progress.notReady(`the cloud has committed nothing for ${stalledAfterMs / 1_000} s, and events wait`);
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
      creditBytes: session.creditOf(sender),
      snapshotId: sender.snapshotId,
    }));
  }
}
