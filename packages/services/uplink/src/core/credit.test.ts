import { TrafficClass } from '@kestrel/proto/cloud';
import { expect, test } from 'vitest';
import { CreditLedger } from './credit.ts';

test('given credit, then a class may exceed it by one frame, and owes the rest', () => {
  const credit = new CreditLedger();
  expect(credit.maySend(TrafficClass.FLOWS)).toBe(false);
  credit.grant(TrafficClass.FLOWS, 100n);
  credit.spend(TrafficClass.FLOWS, 150);
  expect(credit.balance(TrafficClass.FLOWS)).toBe(-50);
  credit.grant(TrafficClass.FLOWS, 50n);
  expect(credit.maySend(TrafficClass.FLOWS)).toBe(false);
  credit.grant(TrafficClass.FLOWS, 1n);
  expect(credit.maySend(TrafficClass.FLOWS)).toBe(true);
  expect(credit.maySend(TrafficClass.RESULTS)).toBe(false);
});

test('given a grant without measure, then sums stay exact', () => {
  const credit = new CreditLedger();
  credit.grant(TrafficClass.FLOWS, 2n ** 63n);
  credit.grant(TrafficClass.FLOWS, 2n ** 63n);
  expect(credit.balance(TrafficClass.FLOWS)).toBe(2 ** 50);
});
