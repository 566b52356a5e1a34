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
  #knownAtStart = 0;
  #unidentified = 0;
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

  enter(phase: KindPhase, reason = ''): void {
    if (this.#phase === phase && this.#reason === reason) return;
    if (this.#phase !== phase) this.#sinceMs = this.#clock.nowMs();
    this.#phase = phase;
    this.#reason = reason;
  }

  beginSync(): void {
    this.#sync += 1;
    this.#knownAtStart = this.entries.size;
    this.#unidentified = 0;
    this.#unreadableBefore = this.unreadable;
    this.unreadable = new Map();
  }

  /** Notes an object without record; false when it was known, with the same problem, already. */
  addUnreadable(subject: string, loss: Loss): boolean {
    const known = this.unreadable.get(subject) ?? this.#unreadableBefore.get(subject);
    this.unreadable.set(subject, loss);
    return known?.detail !== loss.detail || known.object.uid !== loss.object.uid;
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
