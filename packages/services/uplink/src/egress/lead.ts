import type { HeldLease } from '@kestrel/bus';
import { Backoff, OperationalError, sleep } from '@kestrel/runtime';
import { nextStep } from '../core/session-end.ts';
import type { NextStep, SessionEnd } from '../core/session-end.ts';
import type { UplinkState } from '../uplink-state.ts';
import { Session } from './session.ts';
import type { SessionParts } from './session-parts.ts';

const backoffBaseMs = 500;
const backoffMaxMs = 15_000;
const healthyAfterMs = 60_000;
/** A session that is renewed after less than this is not renewed at once: whatever ended it may be there still. */
const renewedAtOnceAfterMs = 5_000;

export interface LeadOptions {
  readonly parts: SessionParts;
  readonly state: UplinkState;
  /** The cloud refused the token in use. */
  readonly refuseToken: () => void;
  /** The cloud refused the certificate in use. */
  readonly refuseCertificate: (reason: string) => void;
}

/** Holds one session after the other while the lease is held. Returns when it is lost or to be given up. */
export async function lead(lease: HeldLease, o: LeadOptions): Promise<void> {
  const { clock, events } = o.parts;
  const backoff = new Backoff({ baseMs: backoffBaseMs, maxMs: backoffMaxMs, healthyAfterMs, clock });
  while (lease.stillHeld()) {
    const startedMs = clock.monotonicMs();
    const end = await holdSession(lease, o, backoff);
    const step = nextStep(end);
    o.state.sessionOver(end.kind === 'stopped' ? undefined : step.problem, step.highestTerm);
    events.sessionEnded({
      reason: nameOf(end),
      problem: step.problem,
      ...(end.kind === 'renew' ? { cause: end.reason } : {}),
    });
    if (step.tokenRefused) o.refuseToken();
    if (step.certificateRefused) o.refuseCertificate(step.problem ?? 'refused');
    if (step.action === 'step_down') return;
    if (step.action === 'raise_term' && lease.stillHeld()) await lease.raiseTerm(step.highestTerm);
    const isCalm = step.action === 'retry_at_once' && clock.monotonicMs() - startedMs >= renewedAtOnceAfterMs;
    await sleep(isCalm ? 0 : delayMs(step, backoff), lease.signal);
  }
}

async function holdSession(lease: HeldLease, o: LeadOptions, backoff: Backoff): Promise<SessionEnd> {
  try {
    return await Session.hold(o.parts, {
      term: lease.term,
      signal: lease.signal,
      onOpen: (session) => {
        backoff.succeeded();
        o.state.sessionOpened(session, lease.term);
      },
    });
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return { kind: 'failed', error };
  }
}

function delayMs(step: NextStep, backoff: Backoff): number {
  return Math.max(step.delayMsMin, backoff.nextDelayMs());
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
