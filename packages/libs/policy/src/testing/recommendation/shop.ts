import type { Endpoint, L4Edge, L7Edge } from '@kestrel/proto/events';
import type { Cluster } from '../../model/cluster.ts';
import { AUTHORIZATION_DEFAULTS, CILIUM_DEFAULTS } from '../../model/profile.ts';
import type { NetworkProfile, Profile } from '../../model/profile.ts';
import { readManifests } from '../../parse/read-manifests.ts';
import { recommend } from '../../recommendation/recommend.ts';
import type { RecommendInput } from '../../recommendation/recommend-input.ts';
import type { Recommendation } from '../../recommendation/recommendation.ts';
import { readTraffic } from '../../traffic/read-traffic.ts';

// A shop to recommend policies for: web → cart → db, in front of Prometheus and behind DNS.

/** A day of November 2026. */
export function november(day: number): Date {
  return new Date(Date.UTC(2026, 10, day));
}

/** A Deployment with one pod template. */
export function deployment(
  namespace: string,
  name: string,
  over: { labels?: string; port?: number; account?: string } = {},
): string {
  const { labels = `app: ${name}`, port, account = 'default' } = over;
  const ports = port === undefined ? '' : `, ports: [{name: http, containerPort: ${port}}]`;
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: ${namespace}, name: ${name}}
spec:
  selector: {matchLabels: {${labels}}}
  template:
    metadata: {labels: {${labels}}}
    spec: {serviceAccountName: ${account}, containers: [{name: main, image: main${ports}}]}`;
}

/** The shop's workloads. */
export const shopManifests: readonly string[] = [
  deployment('shop', 'web', { port: 8080, account: 'web' }),
  deployment('shop', 'cart', { port: 8080 }),
  deployment('shop', 'db'),
  deployment('kube-system', 'coredns', { labels: 'k8s-app: kube-dns' }),
  deployment('monitoring', 'prometheus'),
];

/** The cluster of manifests. */
export function clusterOf(manifests: readonly string[]): Cluster {
  return readManifests([{ source: 'shop.yaml', text: manifests.join('\n---\n') }]);
}

const bare: Endpoint = {
  peerClass: 0,
  workload: undefined,
  labels: {},
  ip: '',
  dnsNames: [],
  service: '',
  principal: '',
  identity: 0,
};

/** A pod of a Deployment as traffic records name it. */
export function pod(
  namespace: string,
  name: string,
  labels: Readonly<Record<string, string>> = { app: name },
): Endpoint {
  return { ...bare, peerClass: 1, workload: { group: 'apps', kind: 'Deployment', namespace, name }, labels };
}

/** The cluster's DNS. */
export const dns: Endpoint = pod('kube-system', 'coredns', { 'k8s-app': 'kube-dns' });

/** An address outside of the cluster. */
export function world(ip: string, ...dnsNames: string[]): Endpoint {
  return { ...bare, peerClass: 5, ip, dnsNames };
}

/** The API server. */
export const apiServer: Endpoint = { ...bare, peerClass: 4, ip: '10.0.0.1' };

type EdgeOver = Partial<{
  protocol: L4Edge['protocol'];
  allowed: Date;
  denied: Date;
  audited: Date;
  at: L4Edge['observedAt'];
  first: Date;
  complete: boolean;
}>;

type Tally = L4Edge['verdicts'][number];

function tally(verdict: Tally['verdict'], lastSeen: Date | undefined): Tally[] {
  return lastSeen === undefined ? [] : [{ verdict, count: 5n, lastSeen, reason: '', policies: [] }];
}

/** An L4 edge: let through on the 20th, as its destination saw it, unless said otherwise. */
export function edge(source: Endpoint, destination: Endpoint, port: number, over: EdgeOver = {}): L4Edge {
  const { protocol = 1, denied, audited, at = 2, first = november(10), complete = true } = over;
  const allowed = over.allowed ?? (denied === undefined && audited === undefined ? november(20) : undefined);
  return {
    source,
    destination,
    protocol,
    port,
    observedAt: at,
    verdicts: [...tally(1, allowed), ...tally(2, denied), ...tally(4, audited)],
    firstSeen: first,
    lastSeen: [allowed, denied, audited].flatMap((each) => each ?? []).toSorted((a, b) => b.getTime() - a.getTime())[0],
    observedSince: november(1),
    completeness: { complete, losses: [], sampled: false },
  };
}

/** An edge that only its source saw. */
export function outward(source: Endpoint, destination: Endpoint, port: number): L4Edge {
  return edge(source, destination, port, { at: 1 });
}

/** A kind of HTTP request over mutual TLS, unless the principal is empty. */
export function request(
  source: Endpoint,
  destination: Endpoint,
  port: number,
  asked: string,
  over: { principal?: string; denied?: Date } = {},
): L7Edge {
  const { namespace = '', name = '' } = source.workload ?? {};
  const principal = over.principal ?? `cluster.local/ns/${namespace}/sa/${name === 'web' ? 'web' : 'default'}`;
  const [method = '', pathTemplate = ''] = asked.split(' ');
  const lastSeen = over.denied ?? november(20);
  return {
    source: { ...source, principal },
    destination,
    applicationProtocol: 'http',
    port,
    host: 'cart',
    method,
    pathTemplate,
    responseCodes: {},
    observedAt: 2,
    verdicts: [{ verdict: over.denied === undefined ? 1 : 2, count: 5n, lastSeen, reason: '', policies: [] }],
    firstSeen: november(10),
    lastSeen,
    observedSince: november(1),
    durationSumMs: 0n,
    requestBytes: 0n,
    responseBytes: 0n,
    mutualTls: principal !== '',
    completeness: { complete: true, losses: [], sampled: false },
  };
}

/** Profiles by the name of who enforces; sidecars enforce authorization. */
export function profile(network: NetworkProfile['kind']): Profile {
  return {
    network: network === 'cilium' ? CILIUM_DEFAULTS : { kind: network },
    authorization: { ...AUTHORIZATION_DEFAULTS, dataPlane: 'sidecar' },
    origin: { network: 'given', authorization: 'given' },
  };
}

/** A recommendation for the namespace `shop`, with the shop's workloads and more manifests. */
export function recommended({
  l4 = [],
  l7 = [],
  manifests = [],
  ...over
}: Partial<RecommendInput> & {
  readonly l4?: readonly L4Edge[];
  readonly l7?: readonly L7Edge[];
  readonly manifests?: readonly string[];
}): Recommendation {
  const { kind = 'networkpolicy' } = over;
  return recommend({
    cluster: clusterOf([...shopManifests, ...manifests]),
    profile: profile(kind === 'cilium' ? 'cilium' : 'generic'),
    edges: readTraffic({ l4, l7 }).connections,
    kind,
    mode: 'minimal',
    now: november(25),
    namespaces: ['shop'],
    ...over,
  });
}

/** The spec of a recommended object. */
export function specOf({ manifests }: Recommendation, name: string): Readonly<Record<string, unknown>> | undefined {
  return manifests.find(({ metadata }) => metadata.name === name)?.spec;
}

/** What became of a workload of the shop. */
export function subjectOf(
  { subjects }: Recommendation,
  name: string,
  direction: 'ingress' | 'egress',
): Recommendation['subjects'][number] | undefined {
  return subjects.find(({ workload, direction: of }) => workload.name === name && of === direction);
}
