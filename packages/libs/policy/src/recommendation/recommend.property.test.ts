import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUTHORIZATION_DEFAULTS, CILIUM_DEFAULTS } from '../model/profile.ts';
import type { Profile } from '../model/profile.ts';
import { authorizationScene, brokenInMesh } from '../testing/recommendation/authorization-scene.ts';
import { brokenGuarantees } from '../testing/recommendation/guarantee-oracle.ts';
import type { Given } from '../testing/recommendation/guarantee-oracle.ts';
import { ciliumScene, scene } from '../testing/recommendation/random-scene.ts';
import type { Scene } from '../testing/recommendation/random-scene.ts';
import { clusterOf, dns, edge, november, pod, profile, shopManifests } from '../testing/recommendation/shop.ts';
import { readTraffic } from '../traffic/read-traffic.ts';
import type { Manifest } from './manifest.ts';
import { recommend } from './recommend.ts';
import type { RecommendationKind, RecommendationMode } from './recommendation.ts';

/** Many more in test/recommendation.long.test.ts. */
const numRuns = 25;

const modes = ['minimal', 'namespace', 'tighten-existing'] as const;
const none = { allowedStays: [], withinObserved: [], deniedStays: [] };

function recommended({ cluster, l4 }: Scene, kind: RecommendationKind, mode: RecommendationMode): Given {
  const { connections } = readTraffic({ l4 });
  const under: Profile = {
    network: kind === 'cilium' ? CILIUM_DEFAULTS : { kind: 'generic' },
    authorization: AUTHORIZATION_DEFAULTS,
    origin: { network: 'given', authorization: 'given' },
  };
  const result = recommend({ cluster, profile: under, edges: connections, kind, mode, now: november(1) });
  return { cluster, connections, result };
}

describe.each([
  { kind: 'networkpolicy', scenes: scene },
  { kind: 'cilium', scenes: ciliumScene },
] as const)('guarantees of $kind', ({ kind, scenes }) => {
  it.each(modes)('given any cluster and traffic, then mode %s breaks none', (mode) => {
    fc.assert(
      fc.property(scenes, (each) => {
        expect(brokenGuarantees(recommended(each, kind, mode))).toEqual(none);
      }),
      { numRuns },
    );
  });
});

describe('guarantees of authorization', () => {
  it.each(modes)('given any mesh and requests, then mode %s breaks none', (mode) => {
    fc.assert(
      fc.property(authorizationScene, (each) => {
        expect(brokenInMesh(each, mode)).toEqual(none);
      }),
      { numRuns },
    );
  });
});

// Each check can fail: the same recommendation with one thing in it broken on purpose.
describe.each(['networkpolicy', 'cilium'] as const)('the checks of %s', (kind) => {
  const l4 = [
    edge(pod('shop', 'web'), pod('shop', 'cart'), 8080),
    edge(pod('shop', 'web'), pod('shop', 'db'), 5432, { denied: november(20) }),
    edge(pod('shop', 'web'), dns, 53, { protocol: 2 }),
  ];
  const cluster = clusterOf(shopManifests);
  const { connections } = readTraffic({ l4 });
  const result = recommend({
    cluster,
    profile: profile(kind === 'cilium' ? 'cilium' : 'generic'),
    edges: connections,
    kind,
    mode: 'namespace',
    now: november(25),
  });
  const given = { cluster, connections, result };
  const changed = (
    name: string,
    field: string,
    change: (rules: readonly unknown[]) => readonly unknown[],
  ): readonly Manifest[] =>
    result.manifests.map((manifest) => {
      const rules = manifest.spec[field];
      if (manifest.metadata.name !== name || !Array.isArray(rules)) return manifest;
      return { ...manifest, spec: { ...manifest.spec, [field]: change(rules) } };
    });
  const everybody =
    kind === 'cilium'
      ? { fromEndpoints: [{}], toPorts: [{ ports: [{ port: '1', protocol: 'TCP' }] }] }
      : { ports: [{ port: 1 }] };
  const toDb =
    kind === 'cilium'
      ? { toEndpoints: [{ matchLabels: { app: 'db' } }], toPorts: [{ ports: [{ port: '5432', protocol: 'TCP' }] }] }
      : { to: [{ podSelector: { matchLabels: { app: 'db' } } }], ports: [{ port: 5432 }] };
  const fromWeb =
    kind === 'cilium'
      ? { fromEndpoints: [{ matchLabels: { app: 'web' } }], toPorts: [{ ports: [{ port: '5432', protocol: 'TCP' }] }] }
      : { from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 5432 }] };

  it('given nothing broken, then they find nothing', () => {
    expect(result.manifests.length).toBeGreaterThan(3);
    expect(brokenGuarantees(given)).toEqual(none);
  });

  it('given a rule that is missing, then the lost connection is found', () => {
    const manifests = changed('kestrel-cart', 'ingress', () => (kind === 'cilium' ? [{}] : []));
    expect(brokenGuarantees({ ...given, manifests }).allowedStays).toHaveLength(1);
  });

  it('given a rule for everybody, then the surplus is found', () => {
    const manifests = changed('kestrel-cart', 'ingress', (rules) => [...rules, everybody]);
    expect(brokenGuarantees({ ...given, manifests }).withinObserved.length).toBeGreaterThan(0);
  });

  it('given rules that let a denied connection through at both ends, then it is found', () => {
    const opened = changed('kestrel-web', 'egress', (rules) => [...rules, toDb]);
    const [first] = result.manifests;
    const db: Manifest | undefined = first && {
      ...first,
      metadata: { name: 'db', namespace: 'shop' },
      spec: {
        [kind === 'cilium' ? 'endpointSelector' : 'podSelector']: { matchLabels: { app: 'db' } },
        ingress: [fromWeb],
      },
    };
    const manifests = db === undefined ? opened : [...opened, db];
    expect(brokenGuarantees({ ...given, manifests }).deniedStays).toHaveLength(1);
  });
});
