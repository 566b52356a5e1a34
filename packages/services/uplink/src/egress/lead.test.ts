import type { HeldLease } from '@kestrel/bus';
import { GoAway_Reason } from '@kestrel/proto/cloud';
import { OperationalError } from '@kestrel/runtime';
import { describe, expect, test } from 'vitest';
import type { SessionEnd } from '../core/session-end.ts';
import { Lead } from './lead.ts';

const away: SessionEnd = { kind: 'failed', error: new OperationalError('unavailable', 'the cloud is away') };
const stopped: SessionEnd = { kind: 'stopped' };

function goAway(reason: GoAway_Reason, over: { retryAfterMs?: number; highestTerm?: number } = {}): SessionEnd {
  return { kind: 'go_away', reason, message: '', highestTerm: 0, retryAfterMs: 0, ...over };
}

interface Script {
  readonly end: SessionEnd;
  readonly lastsMs?: number;
  readonly opens?: boolean;
}

/** A holder whose sessions end as told; the last of them stops it. Waits pass at once, on the clock of the test. */
function fixture(sessions: readonly Script[]) {
  let nowMs = 0;
  let held = 0;
  const waits: number[] = [];
  const raised: number[] = [];
  const told: string[] = [];
  const lease: HeldLease = {
    term: 3,
    signal: new AbortController().signal,
    stillHeld: () => true,
    raiseTerm: async (min) => void raised.push(min),
  };
  const lead = new Lead<string>({
    hold: async ({ term, onOpen }) => {
      const { end, lastsMs = 0, opens = false } = sessions[held] ?? { end: stopped };
      held += 1;
      if (opens) onOpen(`session of term ${term}`);
      nowMs += lastsMs;
      return end;
    },
    onOpen: (session) => void told.push(session),
    onOver: () => undefined,
    refuseToken: () => void told.push('token refused'),
    refuseCertificate: () => void told.push('certificate refused'),
    events: { sessionEnded: () => undefined },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    random: () => 0.5,
    sleep: async (ms) => {
      waits.push(ms);
      nowMs += ms;
    },
  });
  return { lead, lease, waits, raised, told, held: () => held, now: () => nowMs };
}

describe('the holder of the lease', () => {
  test('given a cloud that asks for time, then it waits at least so long', async () => {
    const one = fixture([{ end: goAway(GoAway_Reason.DRAINING, { retryAfterMs: 20_000 }) }]);
    await one.lead.whileHeld(one.lease);
    expect(one.waits).toEqual([0, 20_000]);
  });

  test('given a cloud that is away, then it waits longer each time, in spread', async () => {
    const one = fixture([{ end: away }, { end: away }]);
    await one.lead.whileHeld(one.lease);
    expect(one.waits).toEqual([0, 250, 500]);
  });

  test('given a stale term, then it raises its own before it tries again', async () => {
    const one = fixture([{ end: goAway(GoAway_Reason.STALE_TERM, { highestTerm: 9 }) }]);
    await one.lead.whileHeld(one.lease);
    expect(one.raised).toEqual([9]);
  });

  test('given that another took over, then it steps down at once, and dials no sooner than the cloud allows', async () => {
    const one = fixture([{ end: goAway(GoAway_Reason.SUPERSEDED, { retryAfterMs: 7_000 }) }]);
    await one.lead.whileHeld(one.lease);
    expect([one.held(), one.now()]).toEqual([1, 0]);
    await one.lead.whileHeld(one.lease);
    expect([one.held(), one.now()]).toEqual([2, 7_000]);
  });

  test('given no session for two minutes, then it gives the lease back, and not before', async () => {
    const one = fixture([
      { end: away, lastsMs: 119_000 },
      { end: away, lastsMs: 1_000 },
    ]);
    await expect(one.lead.whileHeld(one.lease)).rejects.toMatchObject({
      code: 'no_session',
      message: expect.stringMatching(/the cloud is away/),
    });
    expect(one.held()).toBe(2);
  });

  test('given a session now and then, then it keeps the lease', async () => {
    const one = fixture([
      { end: away, lastsMs: 100_000 },
      { end: away, lastsMs: 1_000, opens: true },
      { end: away, lastsMs: 100_000 },
    ]);
    await one.lead.whileHeld(one.lease);
    expect(one.held()).toBe(4);
    expect(one.told).toEqual(['session of term 3']);
  });

  test('given a renewal after a good while, then the next session is made at once; after a short one it is not', async () => {
    const renew: SessionEnd = { kind: 'renew', reason: 'another certificate' };
    const one = fixture([
      { end: renew, lastsMs: 10_000, opens: true },
      { end: renew, lastsMs: 10, opens: true },
    ]);
    await one.lead.whileHeld(one.lease);
    expect(one.waits).toEqual([0, 0, 250]);
  });
});
