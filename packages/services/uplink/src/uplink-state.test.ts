import type { ElectionState } from '@kestrel/bus';
import { TrafficClass } from '@kestrel/proto/cloud';
import { createHealth, createLogger, createMetrics } from '@kestrel/runtime';
import { describe, expect, test } from 'vitest';
import { UplinkState } from './uplink-state.ts';
import type { OpenSession } from './uplink-state.ts';

function fixture() {
  let nowMs = 1_000_000;
  let election: ElectionState = { key: 'uplink.session', role: 'unknown' };
  let isBusy = false;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const log = createLogger({ service: 'test', level: 'silent', destination: { write: () => undefined } });
  const health = createHealth({ log, metrics: createMetrics({ service: 'test' }), clock });
  const state = new UplinkState({ health, clock, election: () => election });
  const session: OpenSession = {
    id: 'session-1',
    sinceMs: nowMs,
    term: 1,
    highestTerm: 1,
    inFlightBytes: 0,
    windowBytes: 0,
    senders: [
      {
        stream: { name: 'KESTREL_EVENTS', trafficClass: TrafficClass.AUDIT },
        epoch: 'e1',
        lastSeq: 2,
        lag: 1,
        snapshotId: undefined,
        progress: { committedSeq: 1, committedTimeMs: 0 },
        get isBusy() {
          return isBusy;
        },
      },
    ],
    creditOf: () => 0,
  };
  return {
    state,
    session,
    after(ms: number) {
      nowMs += ms;
      state.tick();
    },
    elect(role: ElectionState['role'], holder?: string) {
      election = { key: 'uplink.session', role, ...(holder === undefined ? {} : { holder }) };
      state.tick();
    },
    busy(value: boolean) {
      isBusy = value;
    },
    component: (name: string) => health.readiness().components[name],
  };
}

describe('readiness of the session', () => {
  test('given the lease and no session yet, then it is not ready, also where it was a ready standby before', () => {
    const one = fixture();
    one.elect('standby', 'other');
    expect(one.component('cloud session')?.ready).toBe(true);
    one.elect('active', 'self');
    expect(one.component('cloud session')).toMatchObject({ ready: false, reason: 'no session yet' });
    one.state.sessionOpened(one.session, 1);
    one.after(1_000);
    expect(one.component('cloud session')?.ready).toBe(true);
  });

  test('given a renewal, then readiness bears with it for 5 s', () => {
    const one = fixture();
    one.elect('active', 'self');
    one.state.sessionOpened(one.session, 1);
    one.state.sessionOver(undefined, 0);
    one.after(4_999);
    expect(one.component('cloud session')?.ready).toBe(true);
    one.after(1);
    expect(one.component('cloud session')?.ready).toBe(false);
  });

  test('given a holder that gave up, then it is no ready standby before another leads', () => {
    const one = fixture();
    one.elect('active', 'self');
    one.state.sessionOver('the cloud is away', 0);
    one.elect('standby');
    expect(one.component('cloud session')).toMatchObject({ ready: false, reason: 'the cloud is away' });
    one.elect('standby', 'other');
    expect(one.component('cloud session')?.ready).toBe(true);
  });

  test('given no identity, then readiness says what the election waits for', () => {
    const one = fixture();
    one.state.waitsFor('it has no access token');
    one.after(1_000);
    expect(one.component('lease')?.reason).toMatch(/no access token/);
  });
});

describe('readiness of progress', () => {
  test('given events that wait and no commit for more than 30 s, then it is not ready until the next', () => {
    const one = fixture();
    one.state.sessionOpened(one.session, 1);
    one.busy(true);
    one.after(30_000);
    expect(one.component('progress')?.ready).toBe(true);
    one.after(1);
    expect(one.component('progress')).toMatchObject({ ready: false, reason: expect.stringMatching(/events wait/) });
    one.state.committed();
    one.after(0);
    expect(one.component('progress')?.ready).toBe(true);
  });

  test('given nothing that waits, then silence is no stall', () => {
    const one = fixture();
    one.state.sessionOpened(one.session, 1);
    one.after(300_000);
    expect(one.component('progress')?.ready).toBe(true);
  });
});
