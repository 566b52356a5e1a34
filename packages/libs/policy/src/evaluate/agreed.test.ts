import { expect, test } from 'vitest';
import { agreed } from './agreed.ts';
import type { Decision, LineVerdict } from './evaluate-request.ts';

const decision = (policy: string): Decision => ({ layer: 'network', policy, path: 'spec', action: 'allow' });
const verdict = (allowed: boolean | null, policy: string): LineVerdict => ({
  id: 1,
  allowed,
  decidedBy: [decision(policy)],
  reason: policy,
  ...(allowed === null && { causes: [{ code: 'address' as const, message: policy }] }),
});

test('given one backend then its verdict is the verdict', () => {
  expect(agreed([verdict(true, 'a')])).toEqual(verdict(true, 'a'));
});

test('given backends that agree then all that decided is named once', () => {
  const all = agreed([verdict(false, 'a'), verdict(false, 'b'), verdict(false, 'a')]);
  expect(all).toEqual({ ...verdict(false, 'a'), decidedBy: [decision('a'), decision('b')] });
});

test('given backends that differ then it can’t be told, and why', () => {
  const { allowed, causes, reason } = agreed([{ ...verdict(true, 'a'), requestsJudged: true }, verdict(null, 'b')]);
  expect([allowed, causes?.map(({ code }) => code)]).toEqual([null, ['workload-differs', 'address']]);
  expect(reason).toBe('the backends of the service get different answers: a; b');
});
