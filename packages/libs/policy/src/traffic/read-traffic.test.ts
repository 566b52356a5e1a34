import type { Completeness, Endpoint, L4Edge, L7Edge, PeerClass, Verdict, VerdictCount } from '@kestrel/proto/events';
import { expect, test } from 'vitest';
import { readL4, readL7 } from './read-edge.ts';
import { readTraffic } from './read-traffic.ts';

const POD = 1;
const HOST = 2;
const REMOTE_NODE = 3;
const WORLD = 5;
const FORWARDED = 1;
const DENIED = 2;
const FAILED = 5;
const COMPLETE: Completeness = { complete: true, losses: [], sampled: false };

function endpoint(peerClass: PeerClass, over: Partial<Endpoint> = {}): Endpoint {
  return {
    peerClass,
    workload: undefined,
    labels: {},
    ip: '',
    dnsNames: [],
    service: '',
    principal: '',
    identity: 0,
    ...over,
  };
}

function pod(name: string, over: Partial<Endpoint> = {}): Endpoint {
  const workload = { group: 'apps', kind: 'Deployment', namespace: 'shop', name };
  return endpoint(POD, { workload, labels: { app: name }, ip: '10.0.0.7', ...over });
}

function seen(verdict: Verdict, count: number, second: number, reason = ''): VerdictCount {
  return { verdict, count: BigInt(count), lastSeen: new Date(second * 1000), reason, policies: [] };
}

function l4(over: Partial<L4Edge> = {}): L4Edge {
  return {
    source: pod('web'),
    destination: pod('cart'),
    protocol: 1,
    port: 8080,
    observedAt: 2,
    verdicts: [seen(FORWARDED, 5, 100)],
    firstSeen: new Date(10_000),
    lastSeen: new Date(100_000),
    observedSince: new Date(1000),
    completeness: COMPLETE,
    ...over,
  };
}

function l7(over: Partial<L7Edge> = {}): L7Edge {
  return {
    source: pod('web', { principal: 'cluster.local/ns/shop/sa/web' }),
    destination: pod('cart'),
    applicationProtocol: 'http',
    port: 8080,
    host: 'cart.shop',
    method: 'GET',
    pathTemplate: '/items',
    responseCodes: {},
    observedAt: 2,
    verdicts: [seen(FORWARDED, 5, 100)],
    firstSeen: undefined,
    lastSeen: undefined,
    observedSince: undefined,
    durationSumMs: 0n,
    requestBytes: 0n,
    responseBytes: 0n,
    mutualTls: true,
    completeness: COMPLETE,
    ...over,
  };
}

function latest(allowed: number, denied: number): string | undefined {
  return readL4(l4({ verdicts: [seen(FORWARDED, 1, allowed), seen(DENIED, 1, denied)] }))?.latest?.verdict;
}

function labelled(labels: Record<string, string>): Endpoint {
  return pod('web', { labels });
}

function lossy(count: bigint): Completeness {
  return { complete: false, losses: [{ reason: 5, count }], sampled: false };
}

test('given a pod with a workload, then it is asked for by workload and labels, not by the address that was seen', () => {
  const read = readL4(l4());
  expect(read).toMatchObject({
    protocol: 'TCP',
    port: 8080,
    sourceClass: 'pod',
    source: { workload: { kind: 'Deployment', namespace: 'shop', name: 'web' }, namespace: 'shop' },
    observedAt: ['destination'],
    verdicts: { forwarded: { count: 5, lastSeenMs: 100_000 } },
    latest: { verdict: 'allowed', atMs: 100_000 },
    complete: true,
    evidence: [{ layer: 'l4', index: 0 }],
  });
  expect(read?.source.ip).toBeUndefined();
  expect(read?.source.labels?.get('app')).toBe('web');
});

test('given an address of the world, then its names are known only where some were recorded', () => {
  const named = readL4(l4({ destination: endpoint(WORLD, { ip: '1.2.3.4', dnsNames: ['a.example'] }) }));
  expect(named?.destination).toEqual({ entity: 'world', ip: '1.2.3.4', dnsNames: ['a.example'] });
  const bare = readL4(l4({ destination: endpoint(WORLD, { ip: '1.2.3.4' }) }));
  expect(bare?.destination).toEqual({ entity: 'world', ip: '1.2.3.4' });
});

test('given a record without a transport protocol, then nothing can be read of it, and the evidence says so', () => {
  expect(readL4(l4({ protocol: 0 }))).toBeUndefined();
  expect(readTraffic({ l4: [l4({ protocol: 0 }), l4()] }).evidence).toMatchObject({ unreadable: [0], connections: 1 });
});

test('given a packet let out at the source, then only a destination without policies makes the verdict complete', () => {
  expect(readL4(l4({ observedAt: 1 }))?.latest).toBeUndefined();
  const outside = endpoint(WORLD, { ip: '1.2.3.4' });
  expect(readL4(l4({ observedAt: 1, destination: outside }))?.latest?.verdict).toBe('allowed');
  expect(readL4(l4({ observedAt: 1, verdicts: [seen(DENIED, 1, 9)] }))?.latest?.verdict).toBe('denied');
  expect(readL7(l7({ observedAt: 1 })).latest?.verdict).toBe('allowed');
  expect(readL7(l7({ observedAt: 1, verdicts: [seen(FAILED, 1, 9)] })).latest).toBeUndefined();
});

test('given verdicts of both kinds, then the later one is the latest, and at the same time the denial', () => {
  expect(latest(20, 10)).toBe('allowed');
  expect(latest(10, 20)).toBe('denied');
  expect(latest(10, 10)).toBe('denied');
});

test('given a failed connection, then it was let through; given a drop for another reason, then nothing is known', () => {
  expect(readL4(l4({ verdicts: [seen(FAILED, 1, 9)] }))?.latest?.verdict).toBe('allowed');
  expect(readL4(l4({ verdicts: [seen(3, 1, 9)] }))?.latest).toBeUndefined();
});

test('given both ends of a connection, then what passed is counted once and what was refused is summed', () => {
  const { connections } = readTraffic({
    l4: [
      l4({ observedAt: 1, verdicts: [seen(FORWARDED, 9, 90), seen(DENIED, 2, 50, 'POLICY_DENIED')] }),
      l4({ observedAt: 2, verdicts: [seen(FORWARDED, 7, 95), seen(DENIED, 1, 60, 'POLICY_DENY')] }),
    ],
  });
  expect(connections).toHaveLength(1);
  expect(connections[0]).toMatchObject({
    observedAt: ['source', 'destination'],
    verdicts: {
      forwarded: { count: 9, lastSeenMs: 95_000 },
      denied: { count: 3, lastSeenMs: 60_000, reasons: ['POLICY_DENIED', 'POLICY_DENY'] },
    },
    latest: { verdict: 'allowed', atMs: 95_000 },
    evidence: [
      { layer: 'l4', index: 0 },
      { layer: 'l4', index: 1 },
    ],
  });
});

test('given two reporters at the same side, then their counts add up, and all have counted only since the later began', () => {
  const { connections } = readTraffic({
    l4: [l4({ observedSince: new Date(1000) }), l4({ observedSince: new Date(5000), completeness: undefined })],
  });
  expect(connections[0]).toMatchObject({
    verdicts: { forwarded: { count: 10 } },
    observedSinceMs: 5000,
    complete: false,
  });
});

test('given labels in another order, then it is the same endpoint, and one object for the engine to look up', () => {
  const { connections } = readTraffic({
    l4: [
      l4({ source: labelled({ a: '1', b: '2' }), port: 1 }),
      l4({ source: labelled({ b: '2', a: '1' }), port: 2 }),
      l4({ source: labelled({ a: '1', b: '3' }), port: 2 }),
    ],
  });
  expect(connections).toHaveLength(3);
  expect(connections[0]?.source).toBe(connections[1]?.source);
  expect(connections[0]?.source).not.toBe(connections[2]?.source);
});

test('given a node in front of a pod, then it may hide the source: another node always, the own one behind a service', () => {
  const hidden = (source: PeerClass, service = '', destination = pod('cart', { service })): boolean | undefined =>
    readL4(l4({ source: endpoint(source, { ip: '10.0.1.1' }), destination }))?.sourceHidden;
  expect(hidden(REMOTE_NODE)).toBe(true);
  expect(hidden(HOST)).toBe(false);
  expect(hidden(HOST, 'shop/cart')).toBe(true);
  expect(hidden(WORLD)).toBe(false);
  expect(hidden(REMOTE_NODE, '', endpoint(WORLD, { ip: '1.2.3.4' }))).toBe(false);
});

test('given a request, then its facts are there; a path with variable parts is kept apart', () => {
  const plain = readL7(l7());
  expect(plain.request?.http).toEqual({ method: 'GET', host: 'cart.shop', path: '/items' });
  expect(plain.principal).toBe('cluster.local/ns/shop/sa/web');
  for (const pathTemplate of ['/items/{id}', '/items/*', '/items/:id/x', '/items/**']) {
    const variable = readL7(l7({ pathTemplate }));
    expect(variable.request?.http?.path).toBeUndefined();
    expect(variable.pathTemplate).toBe(pathTemplate);
  }
  expect(readL7(l7({ applicationProtocol: 'tcp' })).request).toBeUndefined();
});

test('given no principal in the record, then it is known to be none only without mutual TLS', () => {
  expect(readL7(l7({ source: pod('web'), mutualTls: false })).principal).toBe('');
  expect(readL7(l7({ source: pod('web'), mutualTls: true })).principal).toBeUndefined();
});

test('given losses, then the traffic is not complete, and a loss that cannot be counted stays so', () => {
  const { connections, evidence } = readTraffic({
    l4: [l4({ completeness: lossy(3n) }), l4({ completeness: lossy(0n) })],
  });
  expect(connections[0]?.losses).toEqual([{ reason: 'source_overrun', count: 0 }]);
  expect(evidence).toMatchObject({ complete: false, incompleteEdges: 1, observedSinceMs: 1000, lastSeenMs: 100_000 });
});

test('given a source that samples, then the connection is not complete', () => {
  expect(readL4(l4({ completeness: { ...COMPLETE, sampled: true } }))?.complete).toBe(false);
});

test('given no traffic, then the evidence is not complete', () => {
  expect(readTraffic({}).evidence).toMatchObject({ connections: 0, complete: false, observedSinceMs: undefined });
});
