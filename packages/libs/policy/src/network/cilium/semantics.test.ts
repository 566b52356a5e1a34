import { describe, expect, test } from 'vitest';
import { scene } from '../../testing/cilium-scene.ts';
import { CILIUM_ADDRESS_CASES } from '../../testing/tables/cilium-address-cases.ts';
import { CASE_PODS, onWeb } from '../../testing/tables/cilium-case.ts';
import { CILIUM_RULE_CASES } from '../../testing/tables/cilium-rule-cases.ts';

describe('Cilium policies', () => {
  for (const { given, policies, profile, more, asks } of [...CILIUM_RULE_CASES, ...CILIUM_ADDRESS_CASES]) {
    test(`given ${given} then the verdicts are Cilium's`, () => {
      const { outcome } = scene(CASE_PODS, policies, { ...(profile && { profile }), ...(more && { more }) });
      expect(asks.map(([from, to, port]) => [from, to, port, outcome(from, to, port)])).toEqual(asks);
    });
  }

  test('given enable-policy always then localhost is let in only where a policy has an ingress rule', () => {
    const { outcome } = scene(CASE_PODS, [onWeb({ ingress: [{}] })], { profile: { enablePolicy: 'always' } });
    expect(outcome('10.9.0.1', 'a/web', 'TCP/80')).toBe('allowed');
    expect(outcome('10.9.0.1', 'a/api', 'TCP/80')).toBe('denied');
  });
});
