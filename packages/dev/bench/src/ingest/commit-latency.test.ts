import { describe, expect, test } from 'vitest';
import { latencies } from './commit-latency.ts';

describe('latencies', () => {
  test('given changes and arrivals, then they are matched by version, and what never arrived is counted', () => {
    const changed = new Map([
      [1, 1_000],
      [2, 1_010],
      [3, 1_020],
    ]);
    const arrivals = new Map([
      [0, { storedMs: 890, heardMs: 900 }],
      [3, { storedMs: 1_045, heardMs: 1_100 }],
      [1, { storedMs: 1_030, heardMs: 1_050 }],
    ]);
    expect(latencies(changed, arrivals)).toEqual({ toStore: [30, 25], toCommit: [50, 80], superseded: 1 });
  });
});
