import type { HeldLease } from '@kestrel/bus';
import { Backoff, OperationalError, sleep } from '@kestrel/runtime';
import type { Clock } from '@kestrel/runtime';
import { nextStep } from '../core/session-end.ts';
import type { NextStep, SessionEnd } from '../core/session-end.ts';
import type { UplinkEvents } from '../events.ts';

const backoffBaseMs = 500;
const backoffMaxMs = 15_000;
const healthyAfterMs = 60_000;
/** A session that is renewed after less than this is not renewed at once: whatever ended it may be there still. */
const renewedAtOnceAfterMs = 5_000;
/** A holder that has had no session for so long gives the lease back: a standby elsewhere may reach the cloud. */
const withoutSessionMsMax = 120_000;

export interface LeadOptions<S> {
  /** Holds one session until it ends. @throws OperationalError when it can't even be begun */
  readonly hold: (o: {
    readonly term: number;
    readonly signal: AbortSignal;
    readonly onOpen: (session: S) => void;
  }) => Promise<SessionEnd>;
  readonly onOpen: (session: S, term: number) => void;
  /** The session is over, or there was none: `problem` says what is wrong, if anything. */
  readonly onOver: (problem: string | undefined, highestTerm: number) => void;
  /** The cloud refused the token in use. */
  readonly refuseToken: () => void;
  /** The cloud refused the certificate in use. */
  readonly refuseCertificate: (reason: string) => void;
  readonly events: Pick<UplinkEvents, 'sessionEnded'>;
  readonly clock: Clock;
  /** Given in tests. */
  readonly sleep?: typeof sleep;
  readonly random?: () => number;
}

/** The active uplink's work, each time that it holds the lease: one session after the other. */
export class Lead<S> {
  readonly #o: LeadOptions<S>;
  readonly #sleep: typeof sleep;
  /** The cloud asked to wait, and the lease was given back meanwhile; monotonic. */
  #dialFromMs = 0;

  constructor(o: LeadOptions<S>) {
    this.#o = o;
    this.#sleep = o.sleep ?? sleep;
  }

  /** Holds sessions while the lease is held. Returns when it is lost or to be given up. */
  async whileHeld(lease: HeldLease): Promise<void> {
    const { clock, random } = this.#o;
    const backoff = new Backoff({
      baseMs: backoffBaseMs,
      maxMs: backoffMaxMs,
      healthyAfterMs,
      clock,
      ...(random === undefined ? {} : { random }),
    });
    await this.#sleep(Math.max(0, this.#dialFromMs - clock.monotonicMs()), lease.signal);
    let lastSessionMs = clock.monotonicMs();
    while (lease.stillHeld()) {
      const startedMs = clock.monotonicMs();
      const { end, wasOpen } = await this.#holdSession(lease, backoff);
      const endedMs = clock.monotonicMs();
      if (wasOpen) lastSessionMs = endedMs;
      const step = this.#told(end);
      if (step.action === 'step_down') {
        this.#dialFromMs = endedMs + step.delayMsMin;
        return;
      }
      if (endedMs - lastSessionMs >= withoutSessionMsMax) throw noSession(step);
      if (step.action === 'raise_term' && lease.stillHeld()) await lease.raiseTerm(step.highestTerm);
      const isCalm = step.action === 'retry_at_once' && endedMs - startedMs >= renewedAtOnceAfterMs;
      await this.#sleep(isCalm ? 0 : Math.max(step.delayMsMin, backoff.nextDelayMs()), lease.signal);
    }
  }

  /** Tells everybody what the end of a session means for them. */
  #told(end: SessionEnd): NextStep {
    const { onOver, events, refuseToken, refuseCertificate } = this.#o;
    const step = nextStep(end);
    onOver(step.problem, step.highestTerm);
    events.sessionEnded({
      reason: nameOf(end),
      problem: step.problem,
      ...(end.kind === 'renew' ? { cause: end.reason } : {}),
    });
    if (step.tokenRefused) refuseToken();
    if (step.certificateRefused) refuseCertificate(step.problem ?? 'refused');
    return step;
  }

  async #holdSession(lease: HeldLease, backoff: Backoff): Promise<{ end: SessionEnd; wasOpen: boolean }> {
    let wasOpen = false;
    try {
      const end = await this.#o.hold({
        term: lease.term,
        signal: lease.signal,
        onOpen: (session) => {
          wasOpen = true;
          backoff.succeeded();
          this.#o.onOpen(session, lease.term);
        },
      });
      return { end, wasOpen };
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      return { end: { kind: 'failed', error }, wasOpen };
    }
  }
}

function noSession(step: NextStep): OperationalError {
  const seconds = withoutSessionMsMax / 1_000;
  const why = step.problem ?? 'the session is renewed again and again';
  return new OperationalError('no_session', `gives the lease back after ${seconds} s without a session: ${why}`);
}

function nameOf(end: SessionEnd): string {
  switch (end.kind) {
    case 'go_away':
      return `go_away_${end.reason}`;
    case 'failed':
      return end.error.code;
    default:
      return end.kind;
  }
}
