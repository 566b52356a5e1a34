import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cluster } from '../model/cluster.ts';
import { AUTHORIZATION_DEFAULTS } from '../model/profile.ts';
import type { Profile } from '../model/profile.ts';
import { compilePair } from '../network/engine/compile-network.ts';
import type { EndpointQuery } from '../network/peer.ts';
import { readManifests } from '../parse/read-manifests.ts';
import { networkPolicies } from '../testing/arbitrary-policies.ts';
import { allTraffic, world, worldObjects } from '../testing/arbitrary-world.ts';
import { observed, seen, workload } from '../testing/observed.ts';
import type { RawEnd } from '../testing/reference/world.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import { simulate } from './simulate.ts';
import type { Simulation } from './simulation.ts';

const PROFILE: Profile = {
  network: { kind: 'generic' },
  authorization: { ...AUTHORIZATION_DEFAULTS, dataPlane: 'sidecar' },
  origin: { network: 'given', authorization: 'given' },
};

const pods = ['cart', 'web', 'db']
  .map(
    (name, index) => `
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: ${name}, labels: { app: ${name} } }
spec: { nodeName: n${index}, containers: [] }
status: { phase: Running, podIP: 10.0.0.${index + 1}, podIPs: [{ ip: 10.0.0.${index + 1} }] }
---`,
  )
  .join('');

function networkPolicy(name: string, ingress: string): string {
  return `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: ${name} }
spec: { podSelector: { matchLabels: { app: cart } }, ingress: ${ingress} }
---`;
}

function authorizationPolicy(method: string): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { namespace: shop, name: cart }
spec: { selector: { matchLabels: { app: cart } }, action: ALLOW, rules: [{ to: [{ operation: { methods: [${method}] } }] }] }
---`;
}

function cluster(policies = ''): Cluster {
  return readManifests([{ source: 'm.yaml', text: `${pods}${policies}` }]);
}

function run(before: string, after: string, edges: readonly ObservedConnection[], profile = PROFILE): Simulation {
  const old = cluster(before);
  const { policies } = cluster(after);
  return simulate({ before: old, after: { ...old, policies }, profile, edges });
}

const webToCart = observed(workload('web'), workload('cart'), { verdicts: seen({ forwarded: 7 }) });
const dbToCart = observed(workload('db'), workload('cart'), {
  verdicts: seen({ denied: 2 }),
  latest: { verdict: 'denied', atMs: 1 },
  complete: false,
});
const outsideToCart = observed({ ip: '203.0.113.7', entity: 'world' }, workload('cart'));

function request(method: string): ObservedConnection {
  return { ...webToCart, layer: 'l7', request: { http: { method, path: '/' } } };
}

function codes({ notes }: Simulation): string[] {
  return notes.map(({ code }) => code);
}

function read(items: readonly unknown[]): Cluster {
  return readManifests([{ source: 'w', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }]);
}

test('given a new policy, then it tells which observed connections it denies, with counts, evidence and the rule', () => {
  const onlyDb = networkPolicy('cart', '[{ from: [{ podSelector: { matchLabels: { app: db } } }] }]');
  const {
    observed: changes,
    counts,
    judged,
    connections,
    change,
  } = run('', onlyDb, [webToCart, dbToCart, outsideToCart]);
  expect(change.added).toEqual([{ kind: 'NetworkPolicy', namespace: 'shop', name: 'cart' }]);
  expect(counts).toEqual({ 'becomes denied': 2, 'becomes allowed': 0, 'becomes unknown': 0 });
  expect(judged).toEqual({ network: 3, authorization: 0 });
  expect(changes[0]).toMatchObject({
    layer: 'network',
    effect: 'becomes denied',
    src: 'shop/web[Pod]',
    dst: 'shop/cart[Pod]',
    protocol: 'TCP',
    port: 80,
    before: 'allowed',
    after: 'denied',
    decidedBefore: [],
    decidedAfter: [{ policy: { name: 'cart' }, path: 'spec', action: 'default-deny' }],
    observed: {
      counts: { forwarded: 7 },
      lastSeen: '2026-01-08T00:00:00.000Z',
      since: '2026-01-01T00:00:00.000Z',
      latest: 'allowed',
      complete: true,
      evidence: [{ layer: 'l4', index: 0 }],
    },
  });
  expect(changes[1]?.src).toBe('203.0.113.7');
  const removed = connections.removed.map(({ src, seen: count }) => [src, count]);
  expect(removed).toContainEqual(['shop/web[Pod]', 1]);
  expect(removed).toContainEqual(['0.0.0.0/0', 1]);
  expect(removed).toContainEqual(['::/0', 0]);
  expect(removed).not.toContainEqual(['shop/db[Pod]', 0]);
});

test('given a policy that is taken away, then what was denied becomes allowed', () => {
  const { counts, observed: changes, change } = run(networkPolicy('cart', '[]'), '', [dbToCart]);
  expect(counts['becomes allowed']).toBe(1);
  expect(changes[0]).toMatchObject({
    before: 'denied',
    after: 'allowed',
    observed: { latest: 'denied', complete: false },
  });
  expect(change.deleted).toHaveLength(1);
});

test('given a source that address translation may hide, then the connection becomes unknown, not denied', () => {
  const hidden = observed({ ip: '10.0.9.9', entity: 'remote-node' }, workload('cart'), { sourceHidden: true });
  const rules = '[{ from: [{ ipBlock: { cidr: 192.0.2.0/24 } }] }]';
  const { observed: changes } = run('', networkPolicy('cart', rules), [hidden]);
  expect(changes[0]).toMatchObject({
    effect: 'becomes unknown',
    causes: expect.arrayContaining([expect.objectContaining({ code: 'source-hidden' })]),
  });
});

test('given a change about others, then connections of those it does not touch are not judged anew', () => {
  const { judged } = run('', networkPolicy('cart', '[]'), [observed(workload('cart'), workload('db')), webToCart]);
  expect(judged.network).toBe(1);
});

test('given a policy applied again, then nothing changes and nothing is judged', () => {
  const same = networkPolicy('cart', '[]') + authorizationPolicy('GET');
  const again = run(same, same, [webToCart, dbToCart]);
  expect(again).toMatchObject({
    change: { added: [], replaced: [], deleted: [] },
    observed: [],
    judged: { network: 0, authorization: 0 },
    connections: { added: [], removed: [], unclear: [], requests: [] },
  });
});

test('given an authorization policy, then requests are judged, and a connection by its requests', () => {
  const { observed: changes, judged } = run('', authorizationPolicy('GET'), [
    request('GET'),
    request('POST'),
    webToCart,
  ]);
  expect(judged).toEqual({ network: 0, authorization: 2 });
  expect(changes).toMatchObject([
    {
      layer: 'authorization',
      effect: 'becomes denied',
      request: { http: { method: 'POST' } },
      decidedAfter: [{ policy: { name: 'cart' } }],
    },
  ]);
});

test('given incomplete traffic, an unknown profile or none at all, then the notes say so', () => {
  expect(codes(run('', '', []))).toEqual(['established-connections', 'no-traffic']);
  expect(codes(run('', '', [webToCart]))).toEqual(['established-connections', 'observed-span']);
  const unknown = { ...PROFILE, network: { kind: 'unknown' } as const };
  expect(codes(run('', '', [dbToCart], unknown))).toEqual([
    'established-connections',
    'observed-span',
    'incomplete-traffic',
    'profile-unknown',
  ]);
});

function query(end: RawEnd): EndpointQuery {
  if (end.kind === 'pod') return { workload: { kind: 'Pod', namespace: end.pod.namespace, name: end.pod.name } };
  return end.kind === 'node' ? { ip: end.node.ip } : { ip: end.ip, entity: 'world' };
}

test('given any change, then it reports exactly the observed connections whose verdict differs', () => {
  fc.assert(
    fc.property(world, networkPolicies, networkPolicies, (raw, old, young) => {
      const objects = worldObjects(raw);
      const before = read([...objects, ...old]);
      const after = { ...before, policies: read([...objects, ...young]).policies };
      const edges = allTraffic(raw)
        .filter((_, index) => index % 5 === 0)
        .map(({ source, destination, protocol, port }, index) =>
          observed(query(source), query(destination), { protocol, port, evidence: [{ layer: 'l4', index }] }),
        );
      const pair = compilePair(before, after, { profile: PROFILE.network });
      const expected = edges.flatMap(({ source, destination, protocol, port, evidence: [edge] }) => {
        const [was, is] = [pair.before, pair.after].map((engine) =>
          engine.verdict({ source, destination, protocol, port }),
        );
        return was?.outcome === is?.outcome ? [] : [`${edge?.index} ${was?.outcome} ${is?.outcome}`];
      });
      const { observed: changes } = simulate({ before, after, profile: PROFILE, edges });
      const actual = changes.map((each) => `${each.observed.evidence[0]?.index} ${each.before} ${each.after}`);
      expect(actual.toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: 40 },
  );
});
