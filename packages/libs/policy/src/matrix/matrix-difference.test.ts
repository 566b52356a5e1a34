import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRange, rangeCovers } from '../address/cidr.ts';
import type { Cluster } from '../model/cluster.ts';
import { CILIUM_DEFAULTS } from '../model/profile.ts';
import type { NetworkProfile } from '../model/profile.ts';
import { compilePair } from '../network/engine/compile-network.ts';
import { readManifests } from '../parse/read-manifests.ts';
import { adminPolicies, networkPolicies } from '../testing/arbitrary-policies.ts';
import { world, worldObjects } from '../testing/arbitrary-world.ts';
import type { RawWorld } from '../testing/reference/world.ts';
import { nodeEnds, rangeEnds, workloadEnds } from './ends.ts';
import { matrixDifference } from './matrix-difference.ts';
import type { ConnectionChange, MatrixDifference } from './matrix-difference.ts';
import { hasSeveralPods } from './several-pods.ts';

const GENERIC: NetworkProfile = { kind: 'generic' };

function clusterOf(raw: RawWorld, policies: readonly unknown[]): Cluster {
  const items = [...worldObjects(raw), ...policies];
  return readManifests([{ source: 'w', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }]);
}

const pods = (...names: string[]): string =>
  names
    .map(
      (name, index) => `
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: ${name}, labels: { app: ${name} } }
spec: { nodeName: n${index}, containers: [] }
status: { phase: Running, podIP: 10.0.0.${index + 1}, podIPs: [{ ip: 10.0.0.${index + 1} }] }`,
    )
    .join('\n---');

function policy(rules: string): string {
  return `
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: cart }
spec: { podSelector: { matchLabels: { app: cart } }, ingress: ${rules} }`;
}

function differenceOf(before: string, after: string, profile = GENERIC): MatrixDifference {
  const [old, young] = [before, after].map((each) =>
    readManifests([{ source: 'm', text: `${pods('cart', 'web', 'db')}${each}` }]),
  );
  if (old === undefined || young === undefined) throw new Error('two clusters are given');
  return matrixDifference(compilePair(old, young, { profile }));
}

test('given a new default deny, then all that reached the pod is gone, with joined ranges and all nodes but its own', () => {
  const { added, removed, unclear } = differenceOf(
    '',
    policy('[{ from: [{ podSelector: { matchLabels: { app: web } } }] }]'),
  );
  expect(added).toEqual([]);
  expect(unclear).toEqual([]);
  const all = {
    TCP: [[1, 65_535]],
    UDP: [[1, 65_535]],
    SCTP: [[1, 65_535]],
    ICMP: [[0, 255]],
    ICMPv6: [[0, 255]],
  };
  expect(removed.filter(({ src }) => !src.endsWith('[Entity]'))).toEqual([
    { src: 'shop/db[Pod]', dst: 'shop/cart[Pod]', ports: all },
    { src: '*[Node]', dst: 'shop/cart[Pod]', ports: all },
    { src: '0.0.0.0/0', dst: 'shop/cart[Pod]', ports: all },
    { src: '::/0', dst: 'shop/cart[Pod]', ports: all },
  ]);
});

test('given another port, then only the ports that differ are there', () => {
  const { added, removed } = differenceOf(
    policy('[{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 80, endPort: 90 }] }]'),
    policy('[{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 85, endPort: 95 }] }]'),
  );
  expect(added).toEqual([{ src: 'shop/web[Pod]', dst: 'shop/cart[Pod]', ports: { TCP: [[91, 95]] } }]);
  expect(removed).toEqual([{ src: 'shop/web[Pod]', dst: 'shop/cart[Pod]', ports: { TCP: [[80, 84]] } }]);
});

test('given a policy that says the same in other words, then nothing changes', () => {
  const none = { added: [], removed: [], unclear: [], requests: [] };
  expect(differenceOf(policy('[{}]'), '')).toMatchObject(none);
  expect(differenceOf(policy('[{ ports: [{ port: 80 }] }]'), policy('[{ ports: [{ port: 80 }] }]'))).toMatchObject(
    none,
  );
});

function ciliumPolicy(http: string): string {
  return `
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { namespace: shop, name: cart }
spec:
  endpointSelector: { matchLabels: { app: cart } }
  ingress: [{ fromEndpoints: [{ matchLabels: { app: web } }], toPorts: [{ ports: [{ port: "80", protocol: TCP }]${http} }] }]`;
}

test('given HTTP rules where there were none, then requests begin to be judged', () => {
  const { added, removed, requests } = differenceOf(
    ciliumPolicy(''),
    ciliumPolicy(', rules: { http: [{ method: GET }] }'),
    CILIUM_DEFAULTS,
  );
  expect({ added, removed }).toEqual({ added: [], removed: [] });
  expect(requests).toEqual([{ src: 'shop/web[Pod]', dst: 'shop/cart[Pod]', ports: { TCP: [[80, 80]] }, judged: true }]);
});

const sets = fc.tuple(networkPolicies, adminPolicies).map(([a, b]) => [...a, ...b]);

test('given two policy sets, then the difference is the reverse of the reverse, and of a set to itself there is none', () => {
  fc.assert(
    fc.property(world, sets, sets, (raw, old, young) => {
      const [a, b] = [clusterOf(raw, old), clusterOf(raw, young)];
      const forth = matrixDifference(compilePair(a, b, { profile: GENERIC }));
      const back = matrixDifference(compilePair(b, a, { profile: GENERIC }));
      expect(forth.added).toEqual(back.removed);
      expect(forth.removed).toEqual(back.added);
      const swapped = back.unclear.map((each) => ({ ...each, before: each.after, after: each.before }));
      expect(forth.unclear.map(text).toSorted()).toEqual(swapped.map(text).toSorted());
      const none = matrixDifference(compilePair(a, clusterOf(raw, old), { profile: GENERIC }));
      expect(none).toMatchObject({ added: [], removed: [], unclear: [], requests: [] });
    }),
    { numRuns: 60 },
  );
});

function text(change: object): string {
  return JSON.stringify(Object.entries(change).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

test('given two policy sets, then the difference is exactly what connections differ in', () => {
  fc.assert(
    fc.property(world, sets, sets, fc.boolean(), (raw, old, young, cilium) => {
      const profile = cilium ? CILIUM_DEFAULTS : GENERIC;
      const pair = compilePair(clusterOf(raw, old), clusterOf(raw, young), { profile });
      const difference = matrixDifference(pair);
      const ends = [...workloadEnds(pair.after), ...nodeEnds(pair.after), ...rangeEnds(pair.after, (peer) => peer)];
      for (const from of ends) {
        for (const to of ends) {
          if (from.kind !== 'workload' && to.kind !== 'workload') continue;
          const [source = 0] = from.peers;
          const [destination = 0] = to.peers;
          if (source === destination && !hasSeveralPods(pair.after, source)) continue;
          for (const port of [1, 53, 80, 81, 82, 83, 8080, 65_535]) {
            const [was, is] = [pair.before, pair.after].map((each) => each.outcome(source, destination, 'TCP', port));
            const said = (list: readonly ConnectionChange[]): boolean =>
              list.some(
                ({ src, dst, ports: { TCP = [] } }) =>
                  covers(src, from.id) && covers(dst, to.id) && TCP.some(([a, b]) => a <= port && port <= b),
              );
            const where = `${from.id} ${to.id} ${port}`;
            expect(`${where} ${said(difference.added)}`).toBe(`${where} ${was === 'denied' && is === 'allowed'}`);
            expect(`${where} ${said(difference.removed)}`).toBe(`${where} ${was === 'allowed' && is === 'denied'}`);
            const unknown = was !== is && (was === 'unknown' || is === 'unknown');
            expect(`${where} ${said(difference.unclear)}`).toBe(`${where} ${unknown}`);
          }
        }
      }
    }),
    { numRuns: 40 },
  );
});

function covers(shown: string, id: string): boolean {
  if (shown === id || (shown === '*[Node]' && id.endsWith('[Node]'))) return true;
  const [outer, inner] = [parseRange(shown), parseRange(id)];
  return outer !== undefined && inner !== undefined && rangeCovers(outer, inner);
}
