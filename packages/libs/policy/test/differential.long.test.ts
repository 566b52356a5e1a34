import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ciliumOptions, ciliumPolicies, profileOf } from '../src/testing/arbitrary-cilium.ts';
import { adminPolicies, networkPolicies } from '../src/testing/arbitrary-policies.ts';
import { world } from '../src/testing/arbitrary-world.ts';
import { compare } from '../src/testing/differential.ts';
import { allowedByCilium, allowedByTheText } from '../src/testing/reference/evaluate.ts';

const runs = 5_000;
const verdictsMin = 3_000_000;

describe('engine and brute-force reference, at length', () => {
  it('answer alike for NetworkPolicy and the admin kinds', () => {
    let verdicts = 0;
    fc.assert(
      fc.property(world, networkPolicies, adminPolicies, (of, network, admin) => {
        const result = compare(of, [...network, ...admin], { kind: 'generic' }, (traffic) =>
          allowedByTheText(of, { network, admin }, traffic),
        );
        verdicts += result.verdicts;
        expect(result.difference).toBeUndefined();
      }),
      { numRuns: runs },
    );
    expect(verdicts).toBeGreaterThan(verdictsMin);
  });

  it('answer alike for NetworkPolicy and Cilium policies on Cilium', () => {
    let verdicts = 0;
    fc.assert(
      fc.property(world, networkPolicies, ciliumPolicies, ciliumOptions, (of, network, cilium, options) => {
        const result = compare(of, [...network, ...cilium], profileOf(options), (traffic) =>
          allowedByCilium(of, { network, admin: [], cilium }, traffic, options),
        );
        verdicts += result.verdicts;
        expect(result.difference).toBeUndefined();
      }),
      { numRuns: runs },
    );
    expect(verdicts).toBeGreaterThan(verdictsMin);
  });
});
