import { TrafficClass } from '@kestrel/proto/cloud';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseStream } from './choose-stream.ts';
import type { Candidate, LinkState } from './choose-stream.ts';
import { CreditLedger } from './credit.ts';

const waits = (trafficClass: TrafficClass, over: Partial<Candidate> = {}): Candidate => ({
  trafficClass,
  waitingBytes: 9_000,
  waitingSinceMs: 0,
  isWithinEvent: false,
  servedAt: 0,
  ...over,
});
const link = (over: Partial<LinkState> = {}): LinkState => ({
  hasRoom: true,
  isIdle: false,
  frameBytesMax: 8_192,
  partDueMs: 0,
  maySend: () => true,
  ...over,
});
const { RESULTS, AUDIT, RESOURCES, FLOWS } = TrafficClass;

describe('the next stream', () => {
  test('given several classes, then the most urgent one goes', () => {
    const candidates = [waits(FLOWS), waits(AUDIT), waits(RESULTS), waits(RESOURCES)];
    expect(chooseStream(candidates, link(), 10)).toEqual({ kind: 'send', candidate: candidates[2] });
  });

  test('given a class without credit, then the next one goes', () => {
    const candidates = [waits(RESOURCES), waits(FLOWS)];
    const choice = chooseStream(candidates, link({ maySend: (one) => one !== RESOURCES }), 10);
    expect(choice).toEqual({ kind: 'send', candidate: candidates[1] });
  });

  test('given two streams of a class, then they take turns', () => {
    const candidates = [waits(AUDIT, { servedAt: 7 }), waits(AUDIT, { servedAt: 3 })];
    expect(chooseStream(candidates, link(), 10)).toMatchObject({ candidate: { servedAt: 3 } });
  });

  test('given a full window, then only the rest of a begun event goes, at its pace', () => {
    const full = link({ hasRoom: false, partDueMs: 20 });
    expect(chooseStream([waits(RESULTS)], full, 10)).toEqual({ kind: 'wait', untilMs: Number.POSITIVE_INFINITY });
    const within = waits(FLOWS, { isWithinEvent: true });
    expect(chooseStream([waits(RESULTS), within], full, 10)).toEqual({ kind: 'wait', untilMs: 20 });
    expect(chooseStream([waits(RESULTS), within], full, 20)).toEqual({ kind: 'send', candidate: within });
  });

  test('given little on a busy link, then it waits a moment for company; on an idle one it goes', () => {
    const little = waits(FLOWS, { waitingBytes: 100, waitingSinceMs: 8 });
    expect(chooseStream([little], link(), 10)).toEqual({ kind: 'wait', untilMs: 13 });
    expect(chooseStream([little], link(), 13)).toMatchObject({ kind: 'send' });
    expect(chooseStream([little], link({ isIdle: true }), 10)).toMatchObject({ kind: 'send' });
  });

  test('given any candidates, then whatever goes is allowed and nothing more urgent was', () => {
    const candidate = fc.record({
      trafficClass: fc.constantFrom(RESULTS, AUDIT, RESOURCES, FLOWS),
      waitingBytes: fc.nat(20_000),
      waitingSinceMs: fc.nat(100),
      isWithinEvent: fc.boolean(),
      servedAt: fc.nat(10),
    });
    const state = fc.record({
      hasRoom: fc.boolean(),
      isIdle: fc.boolean(),
      partDueMs: fc.nat(100),
      allowed: fc.subarray([RESULTS, AUDIT, RESOURCES, FLOWS]),
    });
    fc.assert(
      fc.property(
        fc.array(candidate, { maxLength: 6 }),
        state,
        fc.nat(100),
        (candidates, { allowed, ...over }, nowMs) => {
          const maySend = (one: TrafficClass) => new Set<TrafficClass>(allowed).has(one);
          const choice = chooseStream(candidates, link({ ...over, maySend }), nowMs);
          const moreUrgent = candidates.filter(
            (one) =>
              maySend(one.trafficClass) && (choice.kind === 'wait' || one.trafficClass < choice.candidate.trafficClass),
          );
          const alone = moreUrgent.map((one) => chooseStream([one], link({ ...over, maySend }), nowMs).kind);
          expect(new Set(alone)).not.toContain('send');
          expect(choice.kind === 'wait' ? choice.untilMs > nowMs : maySend(choice.candidate.trafficClass)).toBe(true);
        },
      ),
    );
  });
});

describe('credit', () => {
  test('given a credit, then a class may exceed it by one frame and owes the rest', () => {
    const credit = new CreditLedger();
    expect(credit.maySend(FLOWS)).toBe(false);
    credit.grant(FLOWS, 100n);
    credit.spend(FLOWS, 250);
    expect(credit.maySend(FLOWS)).toBe(false);
    credit.grant(FLOWS, 150n);
    expect(credit.maySend(FLOWS)).toBe(false);
    credit.grant(FLOWS, 1n);
    expect(credit.maySend(FLOWS)).toBe(true);
  });

  test('given a credit without end, then sums stay exact', () => {
    const credit = new CreditLedger();
    credit.grant(FLOWS, 2n ** 63n);
    credit.grant(FLOWS, 2n ** 63n);
    expect(Number.isSafeInteger(credit.balance(FLOWS))).toBe(true);
  });
});
