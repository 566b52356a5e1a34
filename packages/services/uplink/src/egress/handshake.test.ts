import { GoAway_Reason } from '@kestrel/proto/cloud';
import { expect, test } from 'vitest';
import { goAwayEnd } from './handshake.ts';

const goAway = { reason: GoAway_Reason.STALE_TERM, message: '', retryAfterMs: 0 };

test('given a highest term that no election can have given out, then it is a breach and not believed', () => {
  expect(goAwayEnd({ ...goAway, highestTerm: 2n ** 48n })).toMatchObject({ kind: 'go_away', highestTerm: 2 ** 48 });
  expect(goAwayEnd({ ...goAway, highestTerm: 2n ** 48n + 1n })).toMatchObject({
    kind: 'failed',
    error: { code: 'protocol_error' },
  });
});
