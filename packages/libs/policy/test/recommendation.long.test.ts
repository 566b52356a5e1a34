import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUTHORIZATION_DEFAULTS, CILIUM_DEFAULTS } from '../src/model/profile.ts';
import { recommend } from '../src/recommendation/recommend.ts';
import { authorizationScene, brokenInMesh } from '../src/testing/recommendation/authorization-scene.ts';
import { brokenGuarantees } from '../src/testing/recommendation/guarantee-oracle.ts';
import { ciliumScene, scene } from '../src/testing/recommendation/random-scene.ts';
import { readTraffic } from '../src/traffic/read-traffic.ts';

const numRuns = 3_000;
const modes = ['minimal', 'namespace', 'tighten-existing'] as const;
const none = { allowedStays: [], withinObserved: [], deniedStays: [] };

describe.each([
  { kind: 'networkpolicy', scenes: scene, network: { kind: 'generic' } },
  { kind: 'cilium', scenes: ciliumScene, network: CILIUM_DEFAULTS },
  { kind: 'networkpolicy', scenes: ciliumScene, network: CILIUM_DEFAULTS },
  { kind: 'networkpolicy', scenes: scene, network: { kind: 'unknown' } },
] as const)('guarantees of $kind under $network.kind, at length', ({ kind, scenes, network }) => {
  it.each(modes)('mode %s', (mode) => {
    fc.assert(
      fc.property(scenes, ({ cluster, l4 }) => {
        const { connections } = readTraffic({ l4 });
        const profile = {
          network,
          authorization: AUTHORIZATION_DEFAULTS,
          origin: { network: 'given', authorization: 'given' },
        };
        const result = recommend({
          cluster,
          profile,
          edges: connections,
          kind,
          mode,
          now: new Date(Date.UTC(2026, 10, 1)),
        });
        expect(brokenGuarantees({ cluster, connections, result })).toEqual(none);
      }),
      { numRuns },
    );
  });
});

describe('guarantees of authorization, at length', () => {
  it.each(modes)('mode %s', (mode) => {
    fc.assert(
      fc.property(authorizationScene, (each) => {
        expect(brokenInMesh(each, mode)).toEqual(none);
      }),
      { numRuns },
    );
  });
});
