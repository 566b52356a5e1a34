import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUTHORIZATION_DEFAULTS, CILIUM_DEFAULTS } from '../src/model/profile.ts';
import type { NetworkProfile } from '../src/model/profile.ts';
import { networkPolicies } from '../src/testing/arbitrary-policies.ts';
import { world } from '../src/testing/arbitrary-world.ts';
import { redundancyOf } from '../src/testing/redundancy.ts';

const runs = 1_500;

describe('a rule or policy called redundant, at length', () => {
  it.each<NetworkProfile>([{ kind: 'generic' }, { ...CILIUM_DEFAULTS, sctp: true }])(
    'changes nothing when it is taken away, and every other one does ($kind)',
    (network) => {
      const profile = { network, authorization: AUTHORIZATION_DEFAULTS, origin: { network: '', authorization: '' } };
      fc.assert(
        fc.property(world, networkPolicies, (raw, policies) => {
          const { claimed, real } = redundancyOf(raw, policies, profile);
          expect(claimed).toEqual(real);
        }),
        { numRuns: runs },
      );
    },
  );
});
