import type { Clock } from '@kestrel/runtime';
import type { Kind } from '../../kinds/kind.ts';
import type { Entry } from './entry.ts';
import type { Loss } from './mirror-listener.ts';

/**
 * What is known of a kind's objects. `waiting`: nothing yet. `synced`: all of them, kept true by a watch. `unavailable`:
 * the last known ones, which may be out of date. `not_served`: there are none, the API server does not have the kind.
 */
export type KindPhase = 'waiting' | 'synced' | 'unavailable' | 'not_served';

const NONE: ReadonlySet<string> = new Set();

/** One kind of the mirror: its objects and how far they can be trusted. */
export class KindState {
  readonly kind: Kind;
  /** By subject. */
  readonly entries = new Map<string, Entry>();
  /** Objects that exist but have no (present) record, by subject; bounded by the kind's objects. */
  unreadable = new Map<string, Loss>();
  /** Subjects that a list missed and the next one must confirm as gone. */
  held: ReadonlySet<string> = NONE;
  readonly #clock: Clock;
  #phase: KindPhase = 'waiting';
  #reason = '';
  #sinceMs: number;
  #sync = 0;
  #lastSync = 0;
  #knownAtStart = 0;
  #unidentified = 0;
  #unidentifiedBefore = 0;
  #syncing = false;
  #unreadableBefore: ReadonlyMap<string, Loss> = new Map();

  constructor(kind: Kind, clock: Clock) {
    this.kind = kind;
    this.#clock = clock;
    this.#sinceMs = clock.nowMs();
  }

  get phase(): KindPhase {
    return this.#phase;
  }

  /** Why the kind is unavailable; empty in other phases. */
  get reason(): string {
    return this.#reason;
  }

  /** When the phase began, epoch milliseconds. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  get isSettled(): boolean {
    return this.#phase !== 'waiting';
  }

  /** Number of the last full sync that was completed; 0 before the first. Two judgements of one list have the same. */
  get lastSync(): number {
    return this.#lastSync;
  }

  enter(phase: KindPhase, reason = ''): void {
    if (phase === 'synced') {
      this.#syncing = false;
      this.#lastSync = this.#sync;
    }
    if (this.#phase === phase && this.#reason === reason) return;
    if (this.#phase !== phase) this.#sinceMs = this.#clock.nowMs();
    this.#phase = phase;
    this.#reason = reason;
  }

  beginSync(): void {
    this.#sync += 1;
    this.#knownAtStart = this.entries.size;
    // A sync that was broken off tells nothing: what was known before it still is.
    this.#unidentifiedBefore = this.#unidentified + (this.#syncing ? this.#unidentifiedBefore : 0);
    this.#unreadableBefore = this.#syncing ? new Map([...this.#unreadableBefore, ...this.unreadable]) : this.unreadable;
    this.#unidentified = 0;
    this.#syncing = true;
    this.unreadable = new Map();
  }

  /** Notes an object without record; false when it was known, with the same problem, already. */
  addUnreadable(subject: string, loss: Loss): boolean {
    const known = this.unreadable.get(subject) ?? this.#unreadableBefore.get(subject);
    this.unreadable.set(subject, loss);
    return known?.detail !== loss.detail || known.object.uid !== loss.object.uid;
  }

  /** Whether the object exists without a present record; during a sync also when only the one before showed it. */
  isUnreadable(subject: string): boolean {
    return this.unreadable.has(subject) || (this.#syncing && this.#unreadableBefore.has(subject));
  }

  /** Whether there is an object of which nobody can say which it is; during a sync also when only the one before showed it. */
  get hasUnidentified(): boolean {
    return this.#unidentified > 0 || (this.#syncing && this.#unidentifiedBefore > 0);
  }

  /** The object is there. */
  saw(entry: Entry): void {
    entry.seenInSync = this.#sync;
  }

  /** There is an object, but nobody can say which. */
  sawUnidentified(): void {
    this.#unidentified += 1;
  }

  /**
   * Entries that the present sync did not show, with how many there were. None while an object could not be identified:
   * any of them may be the one.
   */
  unseen(): { gone: Entry[]; known: number } {
    const gone = [...this.entries.values()].filter((entry) => entry.seenInSync !== this.#sync);
    return { gone: this.#unidentified > 0 ? [] : gone, known: Math.max(this.#knownAtStart, gone.length) };
  }
}
