import * as z from 'zod';

/** Longest delay of a Commit that may be asked for. */
const commitDelayMaxMs = 600_000;

const switchesSchema = z.strictObject({
  /** Commit frames wait so long after the commit itself. */
  delayCommitsMs: z.int().min(0).max(commitDelayMaxMs),
  /** Commit frames are never sent; the events are kept all the same. */
  dropCommits: z.boolean(),
  /** Commit frames are sent twice. */
  duplicateCommits: z.boolean(),
  /** Commands are sent twice. */
  duplicateCommands: z.boolean(),
  /** Nothing is read from the sessions; their connections stay open. */
  stallReading: z.boolean(),
  /** No credit is given back. */
  pauseCredit: z.boolean(),
  /** No heartbeats are sent. */
  stopHeartbeats: z.boolean(),
  /** New sessions are refused with UNAVAILABLE. */
  refuseConnections: z.boolean(),
  /** So many next events are rejected with this code, whatever they hold. */
  rejectNext: z.strictObject({ count: z.int().min(0), code: z.string().min(1).max(64) }),
});

/** What the cloud does wrong on purpose, for all clusters, until it is told otherwise. */
export type FaultState = Readonly<z.output<typeof switchesSchema>>;

/** A change of the switches: what is not named stays. */
export const faultSwitchesSchema = switchesSchema.partial();
export type FaultSwitches = z.output<typeof faultSwitchesSchema>;

const off: FaultState = {
  delayCommitsMs: 0,
  dropCommits: false,
  duplicateCommits: false,
  duplicateCommands: false,
  stallReading: false,
  pauseCredit: false,
  stopHeartbeats: false,
  refuseConnections: false,
  rejectNext: { count: 0, code: 'undecodable' },
};

/** The fault switches and who must hear of a change. In memory: a restarted cloud does everything right. */
export class Faults {
  #state: FaultState = off;
  readonly #listeners = new Set<() => void>();

  get state(): FaultState {
    return this.#state;
  }

  set(change: FaultSwitches): void {
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    this.#state = switchesSchema.parse({ ...this.#state, ...Object.fromEntries(given) });
    for (const listener of this.#listeners) listener();
  }

  clear(): void {
    this.set(off);
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The code with which the next event is to be rejected, counted down; undefined for none. */
  takeRejection(): string | undefined {
    const { count, code } = this.#state.rejectNext;
    if (count === 0) return undefined;
    this.#state = { ...this.#state, rejectNext: { count: count - 1, code } };
    return code;
  }
}
