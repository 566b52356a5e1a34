import { describe, expect, test } from 'vitest';
import { TrafficClass } from '@kestrel/proto/cloud';
import { CreditAccount } from './credit-account.ts';

describe('the credit of a class', () => {
  test('given less than its credit, then a class may send; it may exceed by one frame and not by two', () => {
    const account = new CreditAccount(100);
    expect(account.spend(TrafficClass.FLOWS, 99)).toBe(true);
    expect(account.spend(TrafficClass.FLOWS, 500)).toBe(true);
    expect(account.spend(TrafficClass.FLOWS, 1)).toBe(false);
    expect(account.spend(TrafficClass.RESULTS, 1)).toBe(true);
  });

  test('given what was taken in, when it is given back, then all of it is, once', () => {
    const account = new CreditAccount(100);
    account.spend(TrafficClass.FLOWS, 150);
    account.spend(TrafficClass.AUDIT, 10);
    expect(account.replenish()).toEqual([
      { trafficClass: TrafficClass.FLOWS, sizeBytes: 150n },
      { trafficClass: TrafficClass.AUDIT, sizeBytes: 10n },
    ]);
    expect(account.replenish()).toEqual([]);
    expect(account.spend(TrafficClass.FLOWS, 1)).toBe(true);
  });
});
