import { describe, expect, it } from 'vitest';
import {
  apiServer,
  clusterOf,
  deployment,
  dns,
  edge,
  november,
  outward,
  pod,
  profile,
  recommended,
  specOf,
  subjectOf,
  world,
} from '../testing/recommendation/shop.ts';
import { manifestsYaml } from './manifest-yaml.ts';

const [web, cart, db] = [pod('shop', 'web'), pod('shop', 'cart'), pod('shop', 'db')];
const prometheus = pod('monitoring', 'prometheus');

describe('recommending NetworkPolicy objects', () => {
  it('given traffic between workloads, then both ends get rules by their labels, and named ports', () => {
    const result = recommended({ l4: [edge(web, cart, 8080)] });
    expect(specOf(result, 'kestrel-cart')).toEqual({
      podSelector: { matchLabels: { app: 'cart' } },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ protocol: 'TCP', port: 'http' }] },
      ],
    });
    expect(specOf(result, 'kestrel-web')).toEqual({
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: { matchLabels: { app: 'cart' } } }], ports: [{ protocol: 'TCP', port: 'http' }] }],
    });
  });

  it('given a peer in another namespace, then it is selected by the namespace name and its labels', () => {
    const result = recommended({ l4: [edge(prometheus, cart, 9090)] });
    expect(specOf(result, 'kestrel-cart')?.['ingress']).toEqual([
      {
        from: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
            podSelector: { matchLabels: { app: 'prometheus' } },
          },
        ],
        ports: [{ protocol: 'TCP', port: 9090 }],
      },
    ]);
  });

  it('given the same edges in another order, then the text is the same', () => {
    const edges = [edge(web, cart, 8080), edge(prometheus, cart, 9090), outward(cart, world('1.2.3.4'), 443)];
    const text = manifestsYaml(recommended({ l4: edges }).manifests);
    expect(manifestsYaml(recommended({ l4: edges.toReversed() }).manifests)).toBe(text);
  });

  it('given evidence, then each rule names its count, and its first and last day', () => {
    const [policy] = recommended({ l4: [edge(web, cart, 8080)], namespaces: ['shop'] }).manifests;
    expect(policy?.metadata.annotations).toEqual({
      'kestrel.ai/evidence-ingress-0': 'seen=5 first=2026-11-10 last=2026-11-20',
    });
  });

  it('given an address outside, then just it is allowed, and that its name can not be is said', () => {
    const result = recommended({ l4: [outward(cart, world('1.2.3.4', 'api.example.com'), 443)] });
    expect(specOf(result, 'kestrel-cart')?.['egress']).toContainEqual({
      to: [{ ipBlock: { cidr: '1.2.3.4/32' } }],
      ports: [{ protocol: 'TCP', port: 443 }],
    });
    expect(result.inexpressible).toMatchObject([{ what: 'name', connections: 1 }]);
  });

  it('given a name without DNS traffic, then looking it up is allowed, and listed; without any DNS it is said', () => {
    const named = outward(cart, world('1.2.3.4', 'api.example.com'), 443);
    const result = recommended({ l4: [named] });
    expect(specOf(result, 'kestrel-cart')?.['egress']).toMatchObject([
      {
        ports: [
          { protocol: 'TCP', port: 53 },
          { protocol: 'UDP', port: 53 },
        ],
      },
      { ports: [{ port: 443 }] },
    ]);
    expect(result.generalisations.map(({ kind }) => kind)).toContain('dns-for-names');
    const unnamed = recommended({ l4: [outward(cart, world('1.2.3.4'), 443)] });
    expect(specOf(unnamed, 'kestrel-cart')?.['egress']).toHaveLength(1);
    const withoutDns = clusterOf([deployment('shop', 'web'), deployment('shop', 'cart')]);
    const said = recommended({ cluster: withoutDns, l4: [named] }).inexpressible.map(({ explanation }) => explanation);
    expect(said).toContainEqual(expect.stringContaining('looking names up would be denied'));
  });

  it('given blocks that were asked for, then addresses are widened to them, and it is listed', () => {
    const l4 = [outward(cart, world('1.2.3.4'), 443), outward(cart, world('1.2.3.9'), 443)];
    const result = recommended({ l4, blocks: { 4: 24 } });
    expect(specOf(result, 'kestrel-cart')?.['egress']).toMatchObject([{ to: [{ ipBlock: { cidr: '1.2.3.0/24' } }] }]);
    expect(result.generalisations.filter(({ kind }) => kind === 'block')).toHaveLength(2);
  });

  it('given DNS over UDP, then TCP is allowed too, and it is listed', () => {
    const result = recommended({ l4: [edge(web, dns, 53, { protocol: 2 })] });
    expect(specOf(result, 'kestrel-web')?.['egress']).toMatchObject([
      {
        ports: [
          { protocol: 'TCP', port: 53 },
          { protocol: 'UDP', port: 53 },
        ],
      },
    ]);
    expect(result.generalisations.map(({ kind }) => kind)).toContain('dns-transport');
  });

  it('given ICMP, then the direction is withheld: a NetworkPolicy can not let it through', () => {
    const result = recommended({ l4: [edge(web, cart, 8, { protocol: 4 }), edge(web, cart, 8080)] });
    expect(result.manifests).toEqual([]);
    expect(subjectOf(result, 'cart', 'ingress')).toMatchObject({
      state: 'withheld',
      reasons: [expect.stringContaining('ICMP')],
    });
    expect(result.inexpressible.map(({ what }) => what)).toEqual(['icmp']);
  });

  it('given the API server on Cilium, then egress is withheld: no address of a NetworkPolicy matches it', () => {
    const l4 = [outward(cart, apiServer, 6443)];
    expect(specOf(recommended({ l4 }), 'kestrel-cart')?.['egress']).toMatchObject([
      { to: [{ ipBlock: { cidr: '10.0.0.1/32' } }] },
    ]);
    for (const network of ['cilium', 'unknown'] as const) {
      const result = recommended({ l4, profile: profile(network) });
      expect(result.manifests).toEqual([]);
      expect(result.inexpressible.map(({ what }) => what)).toEqual(['cilium-identity']);
    }
  });

  it('given workloads that labels can not tell apart, then one policy is about both, and it is listed', () => {
    const twins = [
      deployment('shop', 'one', { labels: 'app: twin' }),
      deployment('shop', 'two', { labels: 'app: twin' }),
    ];
    const one = pod('shop', 'one', { app: 'twin' });
    const result = recommended({ l4: [edge(web, one, 80)], manifests: twins });
    expect(result.manifests.map(({ metadata }) => metadata.name)).toEqual(['kestrel-one', 'kestrel-web']);
    expect(subjectOf(result, 'two', 'ingress')?.policies).toEqual([
      { kind: 'NetworkPolicy', namespace: 'shop', name: 'kestrel-one' },
    ]);
    expect(result.generalisations.filter(({ kind }) => kind === 'shared-labels')).toHaveLength(2);
  });

  it('given a workload that was seen for less than the minimum, then it is marked', () => {
    const l4 = [edge(web, cart, 8080), edge(cart, db, 5432, { first: november(19) })];
    const result = recommended({ l4 });
    expect(subjectOf(result, 'db', 'ingress')?.short).toBe(true);
    expect(subjectOf(result, 'web', 'egress')?.short).toBe(false);
    expect(
      recommended({ l4, minObservationMs: 1000 }).subjects.filter(({ short, connections }) => short && connections > 0),
    ).toEqual([]);
  });

  it('given incomplete evidence, then it is counted and stands in the annotation', () => {
    const result = recommended({ l4: [edge(web, cart, 8080, { complete: false })] });
    expect(subjectOf(result, 'cart', 'ingress')?.incomplete).toBe(1);
    expect(result.observation.incomplete).toBe(1);
    expect(result.manifests[0]?.metadata.annotations?.['kestrel.ai/evidence-ingress-0']).toContain('incomplete');
  });
});

describe('conflicts', () => {
  it('given a denied connection, then it gets no rule', () => {
    const result = recommended({ l4: [edge(web, cart, 8080), edge(web, db, 5432, { denied: november(20) })] });
    expect(manifestsYaml(result.manifests)).not.toContain('5432');
    expect(result.conflicts).toEqual([]);
  });

  it('given a connection that was denied and later let through, then it is allowed and listed', () => {
    const result = recommended({ l4: [edge(web, db, 5432, { denied: november(12), allowed: november(20) })] });
    expect(specOf(result, 'kestrel-db')?.['ingress']).toHaveLength(1);
    expect(result.conflicts).toMatchObject([
      { kind: 'denied-then-allowed', deniedLast: november(12), allowedLast: november(20) },
    ]);
  });

  it('given a connection that was let through and later denied, then it stays denied', () => {
    const result = recommended({ l4: [edge(web, db, 5432, { denied: november(20), allowed: november(12) })] });
    expect(result.manifests).toEqual([]);
  });

  it('given a denied pod that labels can not tell from an allowed one, then what would open it is withheld', () => {
    const [v1, v2] = [
      pod('shop', 'web', { app: 'web', 'pod-template-hash': '1' }),
      pod('shop', 'web', { app: 'web', 'pod-template-hash': '2' }),
    ];
    const result = recommended({ l4: [edge(v1, cart, 8080), edge(v2, cart, 8080, { denied: november(20) })] });
    expect(result.conflicts).toMatchObject([{ kind: 'denied-but-needed' }]);
    expect(subjectOf(result, 'cart', 'ingress')?.state).toBe('withheld');
    expect(result.guarantees.deniedStays.withheld).toBeGreaterThan(0);
  });

  it('given a policy in audit mode that would have denied, then the connection is allowed and listed', () => {
    const result = recommended({ l4: [edge(web, cart, 8080, { audited: november(20) })] });
    expect(specOf(result, 'kestrel-cart')?.['ingress']).toHaveLength(1);
    expect(result.conflicts).toMatchObject([{ kind: 'audited' }]);
  });
});

const dbPolicy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shop, name: db}
spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]}`;

describe('what exists', () => {
  it('given a workload that a policy isolates, then minimal leaves it as it is', () => {
    const result = recommended({ l4: [edge(cart, db, 5432)], manifests: [dbPolicy] });
    expect(result.manifests.map(({ metadata }) => metadata.name)).toEqual(['kestrel-cart']);
    expect(subjectOf(result, 'db', 'ingress')?.state).toBe('isolated');
  });

  it('given traffic that the policies deny, then it is a conflict and no rule opens it', () => {
    const result = recommended({ l4: [edge(prometheus, db, 5432)], manifests: [dbPolicy] });
    expect(result.manifests).toEqual([]);
    expect(result.conflicts).toMatchObject([{ kind: 'allowed-but-denied-by-policy' }]);
  });

  it('given a policy with the name that would be taken, then it is not overwritten', () => {
    const taken = dbPolicy.replace('name: db}', 'name: kestrel-cart}');
    const result = recommended({ l4: [edge(cart, db, 5432)], manifests: [taken] });
    expect(result.manifests.map(({ metadata }) => metadata.name)).toEqual(['kestrel-cart-2']);
  });

  it('given mode namespace, then the rest is denied by default', () => {
    const result = recommended({ l4: [edge(web, cart, 8080)], mode: 'namespace' });
    expect(result.manifests.map(({ metadata }) => metadata.name)).toEqual([
      'kestrel-default-deny',
      'kestrel-cart',
      'kestrel-web',
    ]);
    expect(specOf(result, 'kestrel-default-deny')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    expect(subjectOf(result, 'db', 'egress')).toMatchObject({ state: 'default-deny', short: true });
  });

  it('given a workload that is withheld, then the namespace has no default deny for that direction', () => {
    const result = recommended({ l4: [edge(web, cart, 8, { protocol: 4 })], mode: 'namespace' });
    expect(result.manifests).toEqual([]);
    const egressOnly = recommended({
      l4: [outward(pod('monitoring', 'prometheus'), cart, 8080), edge(prometheus, cart, 8, { protocol: 4 })],
      mode: 'namespace',
    });
    expect(specOf(egressOnly, 'kestrel-default-deny')).toEqual({ podSelector: {}, policyTypes: ['Egress'] });
  });

  it('given a policy that is broader than what was seen, then tightening replaces its rules', () => {
    const result = recommended({ l4: [edge(cart, db, 5432)], manifests: [dbPolicy], mode: 'tighten-existing' });
    expect(result.replaces).toEqual([{ kind: 'NetworkPolicy', namespace: 'shop', name: 'db' }]);
    expect(specOf(result, 'db')).toEqual({
      podSelector: { matchLabels: { app: 'db' } },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector: { matchLabels: { app: 'cart' } } }], ports: [{ protocol: 'TCP', port: 5432 }] },
      ],
    });
  });

  it('given a policy that says just what was seen, or that nothing was seen for, then it stays', () => {
    const [exact] = recommended({
      l4: [edge(cart, db, 5432)],
      manifests: [dbPolicy],
      mode: 'tighten-existing',
    }).manifests;
    const manifests = [manifestsYaml(exact === undefined ? [] : [exact])];
    expect(recommended({ l4: [edge(cart, db, 5432)], manifests, mode: 'tighten-existing' }).manifests).toEqual([]);
    expect(recommended({ manifests: [dbPolicy], mode: 'tighten-existing' }).manifests).toEqual([]);
  });
});
