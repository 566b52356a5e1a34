import { expect, test } from 'vitest';
import { byName } from './by-name.ts';

test('given references to objects and records, however deep, then they are named, and nothing else changes', () => {
  const ref = { kind: 'NetworkPolicy', namespace: 'shop', name: 'cart' };
  const at = new Date(0);
  const value = {
    policy: ref,
    list: [ref, { ...ref, namespace: '' }, { ...ref, rule: 'x' }],
    deep: { evidence: [{ layer: 'l4', index: 3 }], decision: { layer: 'network', direction: 'ingress' } },
    at,
    none: null,
  };
  expect(byName(value, ({ layer, index }) => `${layer}:${index}`)).toEqual({
    policy: 'shop/cart[NetworkPolicy]',
    list: ['shop/cart[NetworkPolicy]', 'cart[NetworkPolicy]', { ...ref, rule: 'x' }],
    deep: { evidence: ['l4:3'], decision: { layer: 'network', direction: 'ingress' } },
    at,
    none: null,
  });
});
