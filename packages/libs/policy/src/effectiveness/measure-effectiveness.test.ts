import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AUTHORIZATION_DEFAULTS, CILIUM_DEFAULTS } from '../model/profile.ts';
import type { Profile } from '../model/profile.ts';
import { compileNetwork } from '../network/engine/compile-network.ts';
import { readManifests } from '../parse/read-manifests.ts';
import { networkPolicies } from '../testing/arbitrary-policies.ts';
import { world } from '../testing/arbitrary-world.ts';
import { redundancyOf } from '../testing/redundancy.ts';
import { observed, seen, SEEN_AT_MS, workload } from '../testing/observed.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import type { Effectiveness, PolicyEffect, RuleEffect } from './effectiveness.ts';
import { effectiveness } from './measure-effectiveness.ts';

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
metadata: { namespace: shop, name: ${name}, labels: { app: ${name}, tier: ${name === 'db' ? 'back' : 'front'} } }
spec: { nodeName: n${index}, containers: [] }
status: { phase: Running, podIP: 10.0.0.${index + 1}, podIPs: [{ ip: 10.0.0.${index + 1} }] }
---`,
  )
  .join('');

function policy(name: string, spec: string): string {
  return `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: ${name} }
spec: ${spec}
---`;
}

function ofCart(ingress: string): string {
  return `{ podSelector: { matchLabels: { app: cart } }, policyTypes: [Ingress], ingress: ${ingress} }`;
}

const fromWeb = '{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 80 }] }';

function measure(policies: string, edges?: readonly ObservedConnection[], profile = PROFILE): Effectiveness {
  const cluster = readManifests([{ source: 'm.yaml', text: `${pods}${policies}` }]);
  return effectiveness({ cluster, profile, ...(edges && { edges }) });
}

function named({ policies }: Effectiveness, name: string): PolicyEffect {
  const found = policies.find(({ policy: { name: own } }) => own === name);
  if (found === undefined) throw new Error(`no effect of ${name}`);
  return found;
}

function rule(of: Effectiveness, name: string, path: string): RuleEffect {
  const found = named(of, name).rules.find((each) => each.path === path);
  if (found === undefined) throw new Error(`no rule ${path} of ${name}`);
  return found;
}

const webToCart = observed(workload('web'), workload('cart'), { verdicts: seen({ forwarded: 7, denied: 1 }) });
const dbToCart = observed(workload('db'), workload('cart'), {
  verdicts: seen({ denied: 3 }),
  latest: { verdict: 'denied', atMs: SEEN_AT_MS },
});

test('given no traffic, then findings are static only, and no rule is called unused', () => {
  const result = measure(policy('cart', ofCart(`[${fromWeb}]`)));
  expect(result.evidence).toBeUndefined();
  expect(result.coverage.traffic).toBeUndefined();
  expect(named(result, 'cart').hits).toBe('not observable');
  expect(named(result, 'cart')).not.toHaveProperty('neverMatched');
  expect(rule(result, 'cart', 'spec.ingress[0]')).toMatchObject({ hits: 'not observable', redundant: false });
  expect(rule(result, 'cart', 'spec.ingress[0]')).not.toHaveProperty('neverMatched');
});

test('given traffic, then each rule has its hits, what is denied by default is a hit of the policy, and the rest never matched', () => {
  const unused = '{ from: [{ podSelector: { matchLabels: { app: db } } }], ports: [{ port: 5432 }] }';
  const result = measure(policy('cart', ofCart(`[${fromWeb}, ${unused}]`)), [webToCart, dbToCart]);
  expect(rule(result, 'cart', 'spec.ingress[0]')).toMatchObject({
    hits: { allowed: 7, denied: 1, connections: 1, lastHit: '2026-01-08T00:00:00.000Z' },
    neverMatched: false,
  });
  expect(rule(result, 'cart', 'spec.ingress[1]')).toMatchObject({
    hits: { allowed: 0, denied: 0, connections: 0, lastHit: undefined },
    neverMatched: true,
  });
  expect(named(result, 'cart').hits).toMatchObject({ allowed: 7, denied: 4, connections: 2 });
  expect(result.evidence).toMatchObject({ connections: 2, complete: true });
  expect(result.coverage.traffic).toEqual({ governed: 2, observed: 2 });
});

test('given a denial seen at the source only, then rules of the destination are not hit', () => {
  const atSource = { ...dbToCart, observedAt: ['source'] as const };
  expect(named(measure(policy('cart', ofCart('[]')), [atSource]), 'cart').neverMatched).toBe(true);
  expect(named(measure(policy('cart', ofCart('[]')), [dbToCart]), 'cart').neverMatched).toBe(false);
});

test('given two rules that say the same, then each alone is redundant, for the other', () => {
  const wide = '{ from: [{ podSelector: {} }] }';
  const result = measure(policy('cart', ofCart(`[${fromWeb}]`)) + policy('wide', ofCart(`[${wide}]`)));
  expect(rule(result, 'cart', 'spec.ingress[0]')).toMatchObject({
    redundant: true,
    without: { why: 'others say the same', by: [{ policy: { name: 'wide' }, path: 'spec.ingress[0]' }] },
  });
  expect(rule(result, 'wide', 'spec.ingress[0]').redundant).toBe(false);
  expect(named(result, 'cart').redundant).toBe(true);
  expect(named(result, 'wide').redundant).toBe(false);
});

test('given rules of nobody, for nobody, or behind another end that denies, then they are redundant for that reason', () => {
  const result = measure(
    policy('cart', ofCart(`[${fromWeb}]`)) +
      policy('nobody', '{ podSelector: { matchLabels: { app: gone } }, ingress: [{}] }') +
      policy('none', ofCart('[{ from: [{ podSelector: { matchLabels: { app: gone } } }] }]')) +
      policy('web', '{ podSelector: { matchLabels: { app: web } }, policyTypes: [Egress] }'),
  );
  expect(rule(result, 'nobody', 'spec.ingress[0]').without).toEqual({ why: 'selects nobody', by: [] });
  expect(rule(result, 'none', 'spec.ingress[0]').without).toEqual({ why: 'matches no peer', by: [] });
  expect(rule(result, 'cart', 'spec.ingress[0]').without).toEqual({ why: 'other end denies', by: [] });
  expect(named(result, 'nobody').workloads).toEqual([]);
  expect(named(result, 'web')).toMatchObject({ workloads: ['shop/web[Pod]'], redundant: false });
});

test('given a deny before an allow, then the allow is shadowed by it', () => {
  const admin = `
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: first }
spec:
  priority: 1
  subject: { namespaces: {} }
  ingress: [{ action: Deny, from: [{ namespaces: {} }] }]
---`;
  const result = measure(admin + policy('cart', ofCart(`[${fromWeb}]`)));
  expect(rule(result, 'cart', 'spec.ingress[0]').without).toMatchObject({
    why: 'shadowed',
    by: [{ policy: { kind: 'AdminNetworkPolicy', name: 'first' } }],
  });
});

function cilium(name: string, http: string): string {
  return `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { namespace: shop, name: ${name} }
spec:
  endpointSelector: { matchLabels: { app: cart } }
  ingress: [{ fromEndpoints: [{ matchLabels: { app: web } }], toPorts: [{ ports: [{ port: "80", protocol: TCP }]${http} }] }]
---`;
}

function redundantGet(result: Effectiveness): readonly (boolean | undefined)[] {
  return named(result, 'get').rules.map((each) => each.redundant);
}

test('given a rule for requests beside one for the connection, then it is redundant; alone it is not', () => {
  const get = cilium('get', ', rules: { http: [{ method: GET }] }');
  const profile = { ...PROFILE, network: CILIUM_DEFAULTS };
  expect(redundantGet(measure(get + cilium('all', ''), undefined, profile))).toEqual([true]);
  expect(redundantGet(measure(get, undefined, profile))).toEqual([false]);
  expect(
    redundantGet(measure(get + cilium('post', ', rules: { http: [{ method: POST }] }'), undefined, profile)),
  ).toEqual([false]);
});

test('given a rule that allows more than was seen, then it is said by how much in peers, ports and addresses', () => {
  const wide =
    '{ from: [{ podSelector: {} }, { ipBlock: { cidr: 203.0.113.0/24 } }], ports: [{ port: 80, endPort: 89 }] }';
  const outside = ['203.0.113.8', '203.0.113.9', '203.0.113.12/30'].map((ip) =>
    observed({ ip, entity: 'world' }, workload('cart')),
  );
  const result = measure(policy('cart', ofCart(`[${wide}]`)), [webToCart, ...outside]);
  expect(rule(result, 'cart', 'spec.ingress[0]').broader).toEqual({
    peers: { declared: 3, observed: 1, unused: ['shop/cart[Pod]', 'shop/db[Pod]'] },
    ports: { declared: 10, observed: { TCP: [[80, 80]] } },
    addresses: [{ cidr: '203.0.113.0/24', sizeBits: 8, observed: 3, tightest: '203.0.113.8/29' }],
  });
});

test('given a rule that is used in full, then it is not broader', () => {
  const exact = '{ from: [{ ipBlock: { cidr: 203.0.113.8/32 } }], ports: [{ port: 80 }] }';
  const outside = observed({ ip: '203.0.113.8', entity: 'world' }, workload('cart'));
  const result = measure(policy('cart', ofCart(`[${fromWeb}]`)) + policy('out', ofCart(`[${exact}]`)), [
    webToCart,
    outside,
  ]);
  expect(rule(result, 'cart', 'spec.ingress[0]')).not.toHaveProperty('broader');
  expect(rule(result, 'out', 'spec.ingress[0]')).not.toHaveProperty('broader');
});

test('given denials that were let through, and the reverse, then they contradict the policies', () => {
  const denied = policy('cart', ofCart('[]'));
  const kinds = (edges: readonly ObservedConnection[], policies = denied): string[] =>
    measure(policies, edges).contradictions.map(({ kind, layer }) => `${layer} ${kind}`);
  expect(kinds([webToCart])).toEqual(['network not-enforced']);
  expect(kinds([{ ...webToCart, verdicts: seen({ audited: 2 }) }])).toEqual(['network audited-only']);
  expect(kinds([dbToCart])).toEqual([]);
  expect(kinds([dbToCart], '')).toEqual(['network denied-though-allowed']);
  // Let out at the source, which is as it should be: only the destination's end denies.
  const atSource = { ...webToCart, observedAt: ['source'] as const, latest: undefined };
  expect(kinds([atSource])).toEqual([]);
  const noEgress = policy('web', '{ podSelector: { matchLabels: { app: web } }, policyTypes: [Egress] }');
  expect(kinds([atSource], noEgress)).toEqual(['network not-enforced']);
});

test('given a source that address translation may hide, then what passed contradicts nothing', () => {
  const hidden = observed({ ip: '10.0.9.9', entity: 'remote-node' }, workload('cart'), { sourceHidden: true });
  const denied = policy('cart', ofCart('[{ from: [{ ipBlock: { cidr: 192.0.2.0/24 } }] }]'));
  expect(measure(denied, [hidden]).contradictionCount).toBe(0);
  expect(measure(denied, [{ ...hidden, sourceHidden: false }]).contradictionCount).toBe(1);
});

test('given a rule for pods that are gone, then it had hits, and yet matches no peer', () => {
  const gone = { ...workload('old', 'Deployment'), labels: new Map([['app', 'old']]) };
  const fromOld = '{ from: [{ podSelector: { matchLabels: { app: old } } }] }';
  const result = measure(policy('cart', ofCart(`[${fromOld}]`)), [observed(gone, workload('cart'))]);
  expect(rule(result, 'cart', 'spec.ingress[0]')).toMatchObject({
    neverMatched: false,
    without: { why: 'matches no peer', by: [] },
  });
});

function fromBlock(cidr: string): string {
  return policy('out', ofCart(`[{ from: [{ ipBlock: { cidr: ${cidr} } }] }]`));
}

test('given a folded block of addresses, then a rule about all of it was hit, and of one about a part it is not known', () => {
  const folded = observed({ ip: '203.0.113.0/24', entity: 'world' }, workload('cart'), {
    verdicts: seen({ denied: 2 }),
    latest: { verdict: 'denied', atMs: SEEN_AT_MS },
  });
  expect(measure(fromBlock('203.0.0.0/16'), [folded]).contradictions[0]?.kind).toBe('denied-though-allowed');
  expect(measure(fromBlock('203.0.113.0/25'), [folded]).contradictions).toEqual([]);
  expect(rule(measure(fromBlock('203.0.113.0/25'), [folded]), 'out', 'spec.ingress[0]').neverMatched).toBe(false);
});

test('given a contradiction, then it shows who should have decided, and what was seen', () => {
  const { contradictions, contradictionCount } = measure(policy('cart', ofCart('[]')), [webToCart]);
  expect(contradictionCount).toBe(1);
  expect(contradictions[0]).toMatchObject({
    src: 'shop/web[Pod]',
    dst: 'shop/cart[Pod]',
    declared: 'denied',
    deciders: [{ policy: { name: 'cart' }, action: 'default-deny' }],
    observed: { counts: { forwarded: 7, denied: 1 }, evidence: [{ layer: 'l4', index: 0 }] },
  });
});

test('given workloads, then the score counts directions in which something is denied, and half of those open to the world', () => {
  expect(measure('').coverage).toMatchObject({ score: 0, workloads: 3 });
  const closed = measure(policy('all', '{ podSelector: {}, policyTypes: [Ingress, Egress] }')).coverage;
  expect(closed).toMatchObject({ score: 100, uncovered: { ingress: [], egress: [] } });
  const cart = measure(policy('cart', ofCart('[{}]'))).coverage;
  expect(cart.score).toBeCloseTo(100 / 12);
  expect(cart.open.ingress).toEqual(['shop/cart[Pod]']);
  expect(cart.uncovered.ingress).toEqual(['shop/db[Pod]', 'shop/web[Pod]']);
});

function authorization(name: string, rules: string, action = 'ALLOW'): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { namespace: shop, name: ${name} }
spec: { selector: { matchLabels: { app: cart } }, action: ${action}, rules: ${rules} }
---`;
}

function request(method: string, over: Partial<ObservedConnection> = {}): ObservedConnection {
  return { ...webToCart, layer: 'l7', request: { http: { method, path: '/' } }, ...over };
}

const getOrPut = '[{ to: [{ operation: { methods: [GET] } }] }, { to: [{ operation: { methods: [PUT] } }] }]';

test('given requests, then authorization rules have hits, and those without never matched', () => {
  const result = measure(authorization('cart', getOrPut), [request('GET'), webToCart]);
  expect(named(result, 'cart')).toMatchObject({
    layer: 'authorization',
    workloads: ['shop/cart[Pod]'],
    hits: { allowed: 7, denied: 1, connections: 1 },
    rules: [
      { path: 'spec.rules[0]', action: 'ALLOW', neverMatched: false },
      { path: 'spec.rules[1]', action: 'ALLOW', neverMatched: true },
    ],
  });
  expect(result.coverage.authorization).toEqual({ covered: 1, uncovered: ['shop/db[Pod]', 'shop/web[Pod]'] });
});

const paths = (value: string): string => `{ to: [{ operation: { paths: ['${value}'] } }] }`;

test('given requests of which only the form of the path is known, then rules that match all of it are hit, others may have', () => {
  const rules = `[${paths('/cart/*')}, ${paths('/cart/7')}, ${paths('/orders/*')}]`;
  const ofForm = request('GET', { request: { http: { method: 'GET' } }, pathTemplate: '/cart/{id}' });
  expect(named(measure(authorization('cart', rules), [ofForm]), 'cart').rules).toMatchObject([
    { hits: { connections: 1 }, neverMatched: false },
    { hits: { connections: 0 }, mayHaveMatched: true },
    { hits: { connections: 0 }, neverMatched: true },
  ]);
  const narrow = `[${paths('/cart/7')}, ${paths('/orders/*')}]`;
  const [exact, other] = named(measure(authorization('cart', narrow), [ofForm]), 'cart').rules;
  expect(exact).toMatchObject({ hits: { connections: 0 }, mayHaveMatched: true });
  expect(exact).not.toHaveProperty('neverMatched');
  expect(other).toMatchObject({ neverMatched: true });
});

test('given no recorded requests to its workloads, then hits of an authorization policy are not observable', () => {
  const result = measure(authorization('cart', getOrPut), [webToCart]);
  expect(named(result, 'cart').hits).toBe('not observable');
  expect(named(result, 'cart').rules[1]).not.toHaveProperty('neverMatched');
});

function requestKinds(edge: ObservedConnection): string[] {
  const { contradictions } = measure(authorization('cart', getOrPut), [edge]);
  return contradictions.map(({ kind, layer }) => `${layer} ${kind}`);
}

test('given a request that passed though authorization denies it, or the reverse, then they contradict', () => {
  const refused = { verdicts: seen({ denied: 1 }), latest: { verdict: 'denied', atMs: SEEN_AT_MS } } as const;
  expect(requestKinds(request('POST'))).toEqual(['authorization not-enforced']);
  expect(requestKinds(request('GET'))).toEqual([]);
  expect(requestKinds(request('POST', refused))).toEqual([]);
  expect(requestKinds(request('GET', refused))).toEqual(['authorization denied-though-allowed']);
});

test('given any policies, then taking away a rule changes a connection exactly when it is not redundant', () => {
  fc.assert(
    fc.property(world, networkPolicies, (raw, policies) => {
      const { claimed, real } = redundancyOf(raw, policies, PROFILE);
      expect(claimed).toEqual(real);
    }),
    { numRuns: 25 },
  );
});

test('given the engine of a cluster, then every rule and every policy has its effect', () => {
  const cluster = readManifests([{ source: 'm', text: `${pods}${policy('cart', ofCart(`[${fromWeb}, {}]`))}` }]);
  const rules = effectiveness({ cluster, profile: PROFILE }).policies.flatMap((each) => each.rules);
  expect(rules).toHaveLength(compileNetwork(cluster, { profile: PROFILE.network }).rules.length);
});
