import { L4Edge, L7Edge, ObservationPoint, PeerClass, Protocol, Verdict, type Endpoint } from '@kestrel/proto/events';
import { Random } from './random.ts';
import { PODS_PER_WORKLOAD, podIp, workloads, type Size, type Workload } from './shape.ts';

const SEED = 20_261_125;
const PORTS = [8080, 5432, 9000, 443, 8443, 9001, 9002, 9003, 6379, 5672, 9092, 3306] as const;
const METHODS = ['GET', 'POST', 'DELETE'] as const;
const PATHS = ['/api/v1/items', '/api/v1/items/{id}', '/api/v2/orders/{id}/lines', '/healthz', '/admin/keys'] as const;
const BEGIN = new Date('2026-11-01T00:00:00Z');
const END = new Date('2026-11-20T00:00:00Z');

/**
 * Edges as KESTREL_EDGES has them: of ten, one is a kind of requests, one goes to the world, three stay in the namespace, and most of
 * the others go to other namespaces. Every twentieth was denied.
 */
export function edges(size: Size): { readonly l4: readonly L4Edge[]; readonly l7: readonly L7Edge[] } {
  const all = workloads(size);
  const endpoints = all.map(endpointOf);
  const random = new Random(SEED);
  const l4: L4Edge[] = [];
  const l7: L7Edge[] = [];
  for (let index = 0; index < size.edges; index += 1) {
    const at = index % all.length;
    const source = endpoints[at];
    if (source === undefined) continue;
    const round = Math.floor(index / all.length);
    // DNS is one edge for each transport, whatever else there is.
    const shape = round % 10 === 2 && round >= 20 ? 9 : round % 10;
    if (shape === 0) l7.push(requests(source, endpoints[sibling(at, random)] ?? source, random, index));
    else l4.push(connection(source, other(endpoints, at, shape, random), shape, random, index));
  }
  return { l4, l7 };
}

/** Another workload of the same namespace. */
function sibling(at: number, random: Random): number {
  return at - (at % 5) + ((at + 1 + random.below(4)) % 5);
}

function other(endpoints: readonly Endpoint[], at: number, shape: number, random: Random): Partial<Endpoint> {
  if (shape === 1) return world(random);
  if (shape === 2) return DNS;
  const to = shape < 6 ? sibling(at, random) : random.below(endpoints.length);
  return endpoints[to] ?? DNS;
}

const DNS: Partial<Endpoint> = {
  peerClass: PeerClass.POD,
  workload: { group: 'apps', kind: 'Deployment', namespace: 'kube-system', name: 'coredns' },
  labels: { 'k8s-app': 'kube-dns' },
  ip: '10.255.0.10',
};

function world(random: Random): Partial<Endpoint> {
  const name = random.below(3);
  return {
    peerClass: PeerClass.WORLD,
    ip: `198.18.${random.below(256)}.${1 + random.below(100)}`,
    dnsNames: name === 0 ? [] : [name === 1 ? `api-${random.below(50)}.example.com` : 'eu.storage.example.com'],
  };
}

function endpointOf({ index, namespace, name, labels, serviceAccount }: Workload): Endpoint {
  return {
    peerClass: PeerClass.POD,
    workload: { group: 'apps', kind: 'Deployment', namespace, name },
    labels: { ...labels },
    ip: podIp(index * PODS_PER_WORKLOAD + 1),
    dnsNames: [],
    service: '',
    principal: `cluster.local/ns/${namespace}/sa/${serviceAccount}`,
    identity: 1_000 + index,
  };
}

function common(index: number) {
  const verdict = index % 20 === 19 ? Verdict.DENIED : Verdict.FORWARDED;
  return {
    observedAt: index % 3 === 0 ? ObservationPoint.SOURCE : ObservationPoint.DESTINATION,
    verdicts: [{ verdict, count: BigInt(1 + (index % 1_000)), lastSeen: END }],
    firstSeen: BEGIN,
    lastSeen: END,
    observedSince: BEGIN,
    completeness: { complete: true },
  };
}

function connection(
  source: Endpoint,
  destination: Partial<Endpoint>,
  shape: number,
  random: Random,
  index: number,
): L4Edge {
  const port = shape === 2 ? 53 : (PORTS[random.below(PORTS.length)] ?? 443);
  const protocol = shape === 2 && index % 2 === 0 ? Protocol.UDP : Protocol.TCP;
  return L4Edge.fromPartial({ source: { ...source, principal: '' }, destination, protocol, port, ...common(index) });
}

function requests(source: Endpoint, destination: Endpoint, random: Random, index: number): L7Edge {
  return L7Edge.fromPartial({
    source,
    destination,
    applicationProtocol: 'http',
    port: 8080,
    host: 'api.local',
    method: METHODS[random.below(METHODS.length)] ?? 'GET',
    pathTemplate: PATHS[random.below(PATHS.length)] ?? '/',
    responseCodes: { 200: 1n },
    mutualTls: true,
    ...common(index),
  });
}
