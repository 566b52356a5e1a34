import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRange, rangeContains } from '../address/cidr.ts';
import { parseAddress } from '../address/address.ts';
import { CILIUM_DEFAULTS } from '../model/profile.ts';
import type { NetworkProfile } from '../model/profile.ts';
import { compileNetwork } from '../network/engine/compile-network.ts';
import type { EndpointQuery } from '../network/peer.ts';
import { readManifests } from '../parse/read-manifests.ts';
import { networkPolicies } from '../testing/arbitrary-policies.ts';
import { allTraffic, world } from '../testing/arbitrary-world.ts';
import { engineFor } from '../testing/differential.ts';
import type { RawEnd, RawTraffic } from '../testing/reference/world.ts';
import { connectivityMatrix } from './connectivity-matrix.ts';
import { exposure } from './exposure.ts';
import type { Matrix } from './matrix.ts';
import type { AllowedPorts } from './ports.ts';

const GENERIC: NetworkProfile = { kind: 'generic' };

const workloads = `
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: shop, name: web }
spec: { replicas: 2, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: shop, name: cart }
spec:
  selector: { matchLabels: { app: cart } }
  template: { metadata: { labels: { app: cart } }, spec: { containers: [{ name: c, ports: [{ name: http, containerPort: 8080 }] }] } }
---
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: probe, labels: { app: probe } }
spec: { hostNetwork: true, nodeName: n1, containers: [] }
status: { phase: Running, podIP: 10.0.1.1, podIPs: [{ ip: 10.0.1.1 }] }
`;

function matrixOf(policies: string, profile = GENERIC): Matrix {
  const cluster = readManifests([{ source: 'm.yaml', text: `${workloads}\n---\n${policies}` }]);
  return connectivityMatrix(compileNetwork(cluster, { profile }));
}

const web = 'shop/web[Deployment]';
const cart = 'shop/cart[Deployment]';

test('given no policies, then everybody reaches everybody, and the ranges are the whole space', () => {
  const matrix = matrixOf('');
  expect(matrix.peers.map(({ id }) => id)).toEqual([cart, web]);
  expect(matrix.ranges).toEqual(['0.0.0.0/0', '::/0']);
  expect(matrix.connections).toHaveLength(2 + 2 * 2 * 2);
  expect(matrix.connections[0]).toEqual({ src: cart, dst: web, allow: 'all' });
  expect(matrix.connections.every(({ allow }) => allow === 'all')).toBe(true);
  expect(matrix.unprotected).toEqual({ ingress: [cart, web], egress: [cart, web] });
  expect(matrix.within).toEqual([
    { peer: cart, allow: 'all' },
    { peer: web, allow: 'all' },
  ]);
  expect(matrix.hostNetwork).toEqual(['shop/probe[Pod]']);
  expect(matrix.profile).toEqual(GENERIC);
});

const cartPolicy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: cart }
spec:
  podSelector: { matchLabels: { app: cart } }
  ingress:
    - from: [{ podSelector: { matchLabels: { app: web } } }]
      ports: [{ port: http }, { port: 9000, endPort: 9002 }, { port: 9003 }]
    - from: [{ ipBlock: { cidr: 192.0.2.0/24, except: [192.0.2.128/25] } }, { ipBlock: { cidr: 192.0.3.0/24 } }]
      ports: [{ protocol: UDP, port: 53 }]
`;

test('given a policy, then ports are joined, ranges are as large as no policy cuts them, and pairs without anything are left out', () => {
  const matrix = matrixOf(cartPolicy);
  expect(matrix.ranges).toEqual([
    '0.0.0.0-192.0.1.255',
    '192.0.2.0/25',
    '192.0.2.128/25',
    '192.0.3.0/24',
    '192.0.4.0-255.255.255.255',
    '::/0',
  ]);
  const into = matrix.connections.filter(({ dst }) => dst === cart);
  expect(into).toEqual([
    {
      src: web,
      dst: cart,
      allow: {
        TCP: [
          [8080, 8080],
          [9000, 9003],
        ],
      },
    },
    { src: '192.0.2.0/25', dst: cart, allow: { UDP: [[53, 53]] } },
    { src: '192.0.3.0/24', dst: cart, allow: { UDP: [[53, 53]] } },
  ]);
  expect(matrix.unprotected).toEqual({ ingress: [web], egress: [cart, web] });
  // The pod addresses of the manifests are not known: whether a block holds one can't be told.
  expect(matrix.incomplete).toMatchObject([{ src: web, dst: cart, unknown: { UDP: [[53, 53]] } }]);
  expect(matrix.incomplete[0]?.causes[0]?.code).toBe('address');
});

test('given neighbouring blocks that are treated alike, then they are one range', () => {
  const { ranges } = matrixOf(cartPolicy.replace(', except: [192.0.2.128/25]', ''));
  expect(ranges).toEqual(['0.0.0.0-192.0.1.255', '192.0.2.0/23', '192.0.4.0-255.255.255.255', '::/0']);
});

function pod(name: string, extra: string): string {
  return `
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: ${name}, labels: { app: db${extra} }, ownerReferences: [{ apiVersion: apps/v1, kind: StatefulSet, name: db, uid: u, controller: true }] }
spec: { nodeName: n1, containers: [] }
status: { phase: Running, podIP: 10.0.0.${name.length}, podIPs: [{ ip: 10.0.0.${name.length} }] }
---`;
}

test('given pods of a workload that differ, then what any may do is allowed, and it is said that they differ', () => {
  const { connections, within } = matrixOf(`${pod('db-0', ', role: main')}${pod('db-10', '')}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: main }
spec: { podSelector: { matchLabels: { role: main } }, ingress: [{ ports: [{ port: 5432 }] }] }
`);
  const db = 'shop/db[StatefulSet]';
  expect(connections).toContainEqual({ src: web, dst: db, allow: 'all', differing: true });
  expect(connections).toContainEqual({ src: db, dst: web, allow: 'all' });
  // One pod each: neither talks to another one of its own kind, so what holds within is what holds between the two.
  expect(within).toContainEqual({ peer: db, allow: 'all' });
});

test('given one pod alone, then nothing holds within its workload', () => {
  const { within, peers } = matrixOf(`
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: one, labels: { app: one } }
spec: { nodeName: n1, containers: [] }
status: { phase: Running, podIP: 10.0.0.9, podIPs: [{ ip: 10.0.0.9 }] }
`);
  expect(peers).toContainEqual({ id: 'shop/one[Pod]', pods: 1 });
  expect(within.map(({ peer }) => peer)).toEqual([cart, web]);
});

test('given a rule of names, then the world is incomplete for want of DNS answers, and requests are judged where HTTP is', () => {
  const matrix = matrixOf(
    `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { namespace: shop, name: web }
spec:
  endpointSelector: { matchLabels: { app: web } }
  egress:
    - toFQDNs: [{ matchName: api.example }]
      toPorts: [{ ports: [{ port: "443", protocol: TCP }] }]
    - toEndpoints: [{ matchLabels: { app: cart } }]
      toPorts: [{ ports: [{ port: "80", protocol: TCP }], rules: { http: [{ method: GET }] } }]
`,
    CILIUM_DEFAULTS,
  );
  const out = matrix.connections.filter(({ src }) => src === web);
  expect(out).toEqual([{ src: web, dst: cart, allow: { TCP: [[80, 80]] }, requestsJudged: true }]);
  const gaps = matrix.incomplete.filter(({ src }) => src === web);
  expect(gaps.map(({ dst, unknown }) => ({ dst, unknown }))).toEqual([
    { dst: '0.0.0.0/0', unknown: { TCP: [[443, 443]] } },
    { dst: '::/0', unknown: { TCP: [[443, 443]] } },
  ]);
  expect(gaps[0]?.causes[0]).toMatchObject({ code: 'dns' });
});

test('given a matrix, then the exposure says for each workload whom it meets outside, and from how many inside', () => {
  const shown = exposure(matrixOf(cartPolicy));
  expect(shown.find(({ id }) => id === cart)).toEqual({
    id: cart,
    protected: { ingress: true, egress: false },
    fromOutside: [
      { range: '192.0.2.0/25', allow: { UDP: [[53, 53]] } },
      { range: '192.0.3.0/24', allow: { UDP: [[53, 53]] } },
    ],
    toOutside: expect.arrayContaining([{ range: '0.0.0.0-192.0.1.255', allow: 'all' }]),
    fromWorkloads: 1,
    toWorkloads: 1,
    incomplete: true,
  });
});

function query(end: RawEnd): EndpointQuery {
  if (end.kind === 'pod') return { pod: { namespace: end.pod.namespace, name: end.pod.name } };
  return { ip: end.kind === 'node' ? end.node.ip : end.ip };
}

function idIn({ ranges }: Matrix, end: RawEnd): string | undefined {
  if (end.kind === 'pod') return end.pod.hostNetwork ? undefined : `${end.pod.namespace}/${end.pod.name}[Pod]`;
  const address = end.kind === 'node' ? undefined : parseAddress(end.ip);
  return ranges.find((text) => {
    const range = parseRange(text);
    return address !== undefined && range !== undefined && rangeContains(range, address);
  });
}

function cell<T extends { readonly src: string; readonly dst: string }>(
  list: readonly T[],
  src: string,
  dst: string,
): T | undefined {
  return list.find((each) => each.src === src && each.dst === dst);
}

function holds(allow: AllowedPorts | undefined, { protocol, port }: RawTraffic): boolean {
  if (allow === undefined || protocol === 'ICMP' || protocol === 'ICMPv6') return false;
  return allow === 'all' || (allow[protocol] ?? []).some(([from, to]) => from <= port && port <= to);
}

test('given any cluster and policies, then the matrix says what the verdicts say', () => {
  fc.assert(
    fc.property(world, networkPolicies, fc.boolean(), (raw, policies, cilium) => {
      const engine = engineFor(raw, policies, cilium ? CILIUM_DEFAULTS : GENERIC);
      const matrix = connectivityMatrix(engine);
      for (const traffic of allTraffic(raw).filter(({ protocol }) => !protocol.startsWith('ICMP'))) {
        const src = idIn(matrix, traffic.source);
        const dst = idIn(matrix, traffic.destination);
        if (src === undefined || dst === undefined || src === dst) continue;
        const { protocol, port } = traffic;
        const { outcome } = engine.verdict({
          source: query(traffic.source),
          destination: query(traffic.destination),
          protocol,
          port,
        });
        const allowed = holds(cell(matrix.connections, src, dst)?.allow, traffic);
        const unknown = holds(cell(matrix.incomplete, src, dst)?.unknown, traffic);
        expect(`${src} ${dst} ${protocol} ${port} ${allowed ? 'allowed' : unknown ? 'unknown' : 'denied'}`).toBe(
          `${src} ${dst} ${protocol} ${port} ${outcome}`,
        );
      }
    }),
    { numRuns: 60 },
  );
});
