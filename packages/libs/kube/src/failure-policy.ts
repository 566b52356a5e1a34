import { Backoff, type Clock } from '@kestrel/runtime';
import { KubeError } from './kube-error.ts';
import type { ReflectorLimits } from './reflector-limits.ts';
import type { Unavailable } from './reflector-sink.ts';
import { StaleVersion } from './stale-version.ts';

/** What follows from the end of a sync or watch. */
export interface Verdict {
  /** For metrics and logs: `ended`, a StaleReason or a KubeErrorCode. */
  readonly reason: string;
  /** The version can't be watched from: sync all. */
  readonly needsSync: boolean;
  readonly unavailable: Unavailable | undefined;
  readonly delayMs: number;
}

/** Decides when and how a reflector goes on. No I/O. */
export class FailurePolicy {
  readonly #limits: ReflectorLimits;
  readonly #backoff: Backoff;
  readonly #random: () => number;
  #refusals = 0; // in a row

  constructor(limits: ReflectorLimits, clock: Clock, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
    this.#backoff = new Backoff({
      baseMs: limits.backoffBaseMs,
      maxMs: limits.backoffMaxMs,
      healthyAfterMs: limits.healthyAfterMs,
      clock,
      random,
    });
  }

  /** A watch is open. */
  watching(): void {
    this.#refusals = 0;
    this.#backoff.succeeded();
  }

  /** `failure` is undefined when the server ended the watch in order; `lastedMs` is how long the watch was open. */
  judge(failure: StaleVersion | KubeError | undefined, lastedMs: number): Verdict {
    if (failure === undefined) return this.#goOn('ended', false, lastedMs);
    if (failure instanceof StaleVersion) {
      // A sync that the consumer asked for is not a failure: no delay, and no step on the way to longer ones.
      if (failure.reason === 'requested')
        return { reason: 'requested', needsSync: true, unavailable: undefined, delayMs: 0 };
      return this.#goOn(failure.reason, true, lastedMs);
    }
    switch (failure.code) {
      case 'kube_gone':
      case 'kube_too_large_resource_version':
        return this.#goOn(failure.code, true, lastedMs);
      case 'kube_not_found':
        if (this.#isBelieved()) return this.#unavailable(failure.code, 'not_served');
        break;
      case 'kube_forbidden':
        if (this.#isBelieved()) return this.#unavailable(failure.code, 'forbidden');
        break;
      case 'kube_unauthorized':
        if (this.#isBelieved()) return this.#unavailable(failure.code, 'unauthorized');
        break;
      default:
        break;
    }
    const askedMs = Math.min(failure.retryAfterMs ?? 0, this.#limits.retryAfterMaxMs);
    // The server's time is a minimum; the jitter comes on top, or all would be back at the same moment.
    return {
      reason: failure.code,
      needsSync: false,
      unavailable: undefined,
      delayMs: askedMs + this.#backoff.nextDelayMs(),
    };
  }

  /**
   * Counts one more refusal; whether they are meant. A token may be replaced in this moment, and an API server that just
   * started refuses what it allows, or does not find what it serves, until it has read its own roles and definitions.
   */
  #isBelieved(): boolean {
    this.#refusals += 1;
    return this.#refusals >= this.#limits.refusalsBelieved;
  }

  #goOn(reason: string, needsSync: boolean, lastedMs: number): Verdict {
    const delayMs = lastedMs >= this.#limits.watchSettledMs ? 0 : this.#backoff.nextDelayMs();
    return { reason, needsSync, unavailable: undefined, delayMs };
  }

  /** Tried again at a slow pace, spread by half of it to either side. The next success begins with a full sync. */
  #unavailable(reason: string, unavailable: Unavailable): Verdict {
    const delayMs = this.#limits.unavailableRetryMs * (0.5 + this.#random());
    return { reason, needsSync: true, unavailable, delayMs };
  }
}
