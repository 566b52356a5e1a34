import { describe, expect, it } from 'vitest';
import { policyNames } from './policy-names.ts';

const workload = (name: string, kind = 'Deployment') => ({ kind, namespace: 'shop', name });

describe('policyNames', () => {
  it('given workloads in any order, then each gets the same name', () => {
    const [cart, db] = [workload('cart'), workload('db', 'StatefulSet')];
    expect(policyNames([cart, db], new Set()).of(cart)).toBe('kestrel-cart');
    expect(policyNames([db, cart], new Set()).of(db)).toBe('kestrel-db');
  });

  it('given two workloads of one name, then the kind tells them apart', () => {
    const names = policyNames([workload('cart'), workload('cart', 'StatefulSet')], new Set());
    expect(names.of(workload('cart'))).toBe('kestrel-cart-deployment');
    expect(names.of(workload('cart', 'StatefulSet'))).toBe('kestrel-cart-statefulset');
  });

  it('given a policy that has the name already, then it is not replaced', () => {
    const names = policyNames([workload('cart')], new Set(['kestrel-cart', 'kestrel-default-deny']));
    expect(names.of(workload('cart'))).toBe('kestrel-cart-2');
    expect(names.defaultDeny).toBe('kestrel-default-deny-2');
  });

  it('given names that are too long, then they are cut and stay different', () => {
    const [a, b] = [workload(`${'x'.repeat(252)}a`), workload(`${'x'.repeat(252)}b`)];
    const names = policyNames([a, b], new Set());
    expect(names.of(a).length).toBeLessThanOrEqual(253);
    expect(names.of(a)).not.toBe(names.of(b));
  });
});
