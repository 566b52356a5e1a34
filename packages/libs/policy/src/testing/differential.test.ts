import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ciliumOptions, ciliumPolicies, profileOf } from './arbitrary-cilium.ts';
import { adminPolicies, networkPolicies } from './arbitrary-policies.ts';
import { world } from './arbitrary-world.ts';
import { compare } from './differential.ts';
import { allowedByCilium, allowedByTheText } from './reference/evaluate.ts';

/** Of each half; both together are more than 100,000. */
const verdictsMin = 55_000;
const runs = 80;
const timeoutMs = 60_000;

describe('engine and brute-force reference', () => {
  it(
    'answer alike for NetworkPolicy and the admin kinds',
    () => {
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
    },
    timeoutMs,
  );

  it(
    'answer alike for NetworkPolicy and Cilium policies on Cilium',
    () => {
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
    },
    timeoutMs,
  );
});
