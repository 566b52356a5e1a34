import type { Commit } from '@kestrel/proto/cloud';
import type { Clock } from '@kestrel/runtime';
import type { Faults } from '../faults.ts';

interface Waiting {
  readonly dueMs: number;
  readonly commits: readonly Commit[];
}

/** Sends Commit frames, or does with them what the fault switches say; never one before an earlier one. */
export class CommitSender implements Disposable {
  readonly #send: (commit: Commit) => void;
  readonly #faults: Faults;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(o: { send: (commit: Commit) => void; faults: Faults; clock: Clock }) {
    this.#send = o.send;
    this.#faults = o.faults;
    this.#clock = o.clock;
  }

  send(commits: readonly Commit[]): void {
    const { dropCommits, delayCommitsMs } = this.#faults.state;
    if (dropCommits || commits.length === 0) return;
    this.#waiting.push({ dueMs: this.#clock.monotonicMs() + delayCommitsMs, commits });
    this.#timer ??= this.#next();
  }

  /** What still waits is never sent: the next session's Welcome says it. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  /** Sends what is due; the timer for what is not. */
  #next(): NodeJS.Timeout | undefined {
    for (let head = this.#waiting[0]; head !== undefined; head = this.#waiting[0]) {
      const leftMs = head.dueMs - this.#clock.monotonicMs();
      if (leftMs > 0) return setTimeout(() => (this.#timer = this.#next()), Math.ceil(leftMs));
      this.#waiting.shift();
      this.#write(head.commits);
    }
    return undefined;
  }

  #write(commits: readonly Commit[]): void {
    for (const commit of commits) {
      this.#send(commit);
      if (this.#faults.state.duplicateCommits) this.#send(commit);
    }
  }
}
