import { GoAway_Reason } from '@kestrel/proto/cloud';
import { OperationalError } from '@kestrel/runtime';
import { describe, expect, test } from 'vitest';
import { Liveness } from './liveness.ts';
import { nextStep } from './session-end.ts';

const goAway = (reason: GoAway_Reason, over: { message?: string; highestTerm?: number; retryAfterMs?: number } = {}) =>
  nextStep({ kind: 'go_away', reason, message: '', highestTerm: 0, retryAfterMs: 0, ...over });

describe('after a session', () => {
  test('given a stale term, then the term is raised above the highest', () => {
    expect(goAway(GoAway_Reason.STALE_TERM, { highestTerm: 9 })).toMatchObject({
      action: 'raise_term',
      highestTerm: 9,
    });
  });

  test('given another uplink with a higher term, then this one steps down', () => {
    expect(goAway(GoAway_Reason.SUPERSEDED)).toMatchObject({ action: 'step_down' });
  });

  test('given a wish to wait, then it is kept, up to a minute', () => {
    expect(goAway(GoAway_Reason.DRAINING, { retryAfterMs: 3_000 })).toMatchObject({
      action: 'retry',
      delayMsMin: 3_000,
    });
    expect(goAway(GoAway_Reason.DRAINING, { retryAfterMs: 900_000 }).delayMsMin).toBe(60_000);
  });

  test('given refused credentials, then the one that is named is replaced', () => {
    expect(goAway(GoAway_Reason.UNAUTHENTICATED, { message: 'the token is expired' })).toMatchObject({
      tokenRefused: true,
      certificateRefused: false,
    });
    expect(goAway(GoAway_Reason.UNAUTHENTICATED, { message: 'the client certificate is revoked' })).toMatchObject({
      tokenRefused: false,
      certificateRefused: true,
      problem: 'the cloud refuses the credentials: the client certificate is revoked',
    });
    const refused = new OperationalError('tls_client_certificate_rejected', 'it is revoked');
    expect(nextStep({ kind: 'failed', error: refused })).toMatchObject({ certificateRefused: true });
    const unauthenticated = new OperationalError('unauthenticated', 'the token is not valid');
    expect(nextStep({ kind: 'failed', error: unauthenticated })).toMatchObject({ tokenRefused: true });
  });

  test('given a plan that no longer holds, then the next session is made at once and nothing is wrong', () => {
    const step = nextStep({ kind: 'renew', reason: 'certificate' });
    expect(step.action).toBe('retry_at_once');
    expect(step.problem).toBeUndefined();
  });

  test.each(Object.values(GoAway_Reason))('given reason %i, then there is a sentence', (reason) => {
    expect(goAway(reason, { message: 'so it is' }).problem).toMatch(/: so it is$/);
  });
});

test('given silence, then the other end is dead after its time and not before', () => {
  const liveness = new Liveness(12_000, 1_000);
  expect(liveness.isDead(13_000)).toBe(false);
  expect(liveness.isDead(13_001)).toBe(true);
  liveness.heard(13_000);
  expect(liveness.isDead(13_001)).toBe(false);
});
