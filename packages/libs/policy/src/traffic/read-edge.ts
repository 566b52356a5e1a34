import type { Completeness, L4Edge, L7Edge, ObservationPoint, VerdictCount } from '@kestrel/proto/events';
import type { Protocol } from '../model/cluster.ts';
import type { Request } from '../network/layer7.ts';
import { LOSS_REASON_NAMES, OBSERVATION_POINT_NAMES, PROTOCOL_NAMES, VERDICT_NAMES } from './contract-names.ts';
import type { PeerClassName } from './contract-names.ts';
import type {
  NamedPolicy,
  ObservationSide,
  ObservedConnection,
  ObservedVerdict,
  VerdictTally,
} from './observed-connection.ts';
import { EndpointReader } from './read-endpoint.ts';
import { addTallies, latestOfTwo } from './tally.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const PROTOCOLS: Readonly<Record<(typeof PROTOCOL_NAMES)[keyof typeof PROTOCOL_NAMES], Protocol | undefined>> = {
  unspecified: undefined,
  tcp: 'TCP',
  udp: 'UDP',
  sctp: 'SCTP',
  icmp: 'ICMP',
  icmpv6: 'ICMPv6',
};

/**
 * Reads an L4 edge. `index` is its place in the list that evidence refers to. Undefined when the record does not say which
 * protocol it is: no policy can be asked about it.
 */
export function readL4(edge: L4Edge, index = 0, endpoints = new EndpointReader()): ObservedConnection | undefined {
  const protocol = PROTOCOLS[PROTOCOL_NAMES[edge.protocol] ?? 'unspecified'];
  if (protocol === undefined) return undefined;
  return { ...readCommon('l4', edge, index, endpoints), protocol, port: edge.port };
}

/** Reads an L7 edge, which is always over TCP. */
export function readL7(edge: L7Edge, index = 0, endpoints = new EndpointReader()): ObservedConnection {
  const { applicationProtocol, method, pathTemplate, host, source } = edge;
  const variable = hasVariablePart(pathTemplate);
  const http: Request['http'] = {
    ...(method !== '' && { method }),
    ...(host !== '' && { host }),
    ...(pathTemplate !== '' && !variable && { path: pathTemplate }),
  };
  const principal = source?.principal ?? '';
  return {
    ...readCommon('l7', edge, index, endpoints),
    protocol: 'TCP',
    port: edge.port,
    ...(applicationProtocol !== 'tcp' && { request: { http } }),
    ...(variable && { pathTemplate }),
    // Over mutual TLS everybody has a principal: one that is missing was not recorded.
    ...((principal !== '' || !edge.mutualTls) && { principal }),
  };
}

/** Whether a recorded path has parts that stand for more than themselves: `{…}`, `*`, `**` or `:name`. */
export function hasVariablePart(pathTemplate: string): boolean {
  return pathTemplate.split('/').some((part) => /^(\*\*?|\{[^{}/]*\}|:[A-Za-z_]\w*)$/.test(part));
}

type Common = Omit<ObservedConnection, 'protocol' | 'port' | 'request' | 'pathTemplate' | 'principal'>;

function readCommon(layer: 'l4' | 'l7', edge: L4Edge | L7Edge, index: number, endpoints: EndpointReader): Common {
  const source = endpoints.read(edge.source);
  const destination = endpoints.read(edge.destination);
  const side = sideOf(edge.observedAt);
  const service = edge.destination?.service ?? '';
  const verdicts = readVerdicts(edge.verdicts);
  return {
    layer,
    source: source.query,
    destination: destination.query,
    sourceClass: source.peerClass,
    destinationClass: destination.peerClass,
    sourceHidden: mayHideSource(source.peerClass, destination.peerClass, service),
    ...(service !== '' && { service }),
    observedAt: side === undefined ? [] : [side],
    verdicts,
    latest: latestOf(layer, side, destination.peerClass, verdicts),
    firstSeenMs: edge.firstSeen?.getTime(),
    lastSeenMs: edge.lastSeen?.getTime(),
    observedSinceMs: edge.observedSince?.getTime(),
    ...readCompleteness(edge.completeness),
    evidence: [{ layer, index }],
  };
}

/**
 * A node's address in front of a pod: of another node it may stand for anybody who came through a NodePort or load balancer
 * there. The pod's own node also speaks for itself (the kubelet); it hides somebody only on the way through a service.
 */
function mayHideSource(source: PeerClassName, destination: PeerClassName, service: string): boolean {
  if (destination !== 'pod') return false;
  return source === 'remote_node' || (source === 'host' && service !== '');
}

function sideOf(point: ObservationPoint): ObservationSide | undefined {
  const name = OBSERVATION_POINT_NAMES[point] ?? 'unspecified';
  return name === 'unspecified' ? undefined : name;
}

function readVerdicts(counts: readonly VerdictCount[]): ObservedConnection['verdicts'] {
  const verdicts: Mutable<ObservedConnection['verdicts']> = {};
  for (const each of counts) {
    const verdict = VERDICT_NAMES[each.verdict] ?? 'unspecified';
    if (verdict === 'unspecified') continue;
    const tally: VerdictTally = {
      count: Number(each.count),
      lastSeenMs: each.lastSeen?.getTime(),
      reasons: each.reason === '' ? [] : [each.reason],
      policies: each.policies.map(({ kind, namespace, name, rule }): NamedPolicy => ({ kind, namespace, name, rule })),
    };
    const before = verdicts[verdict];
    verdicts[verdict] = before === undefined ? tally : addTallies(before, tally);
  }
  return verdicts;
}

function latestOf(
  layer: 'l4' | 'l7',
  side: ObservationSide | undefined,
  destination: PeerClassName,
  verdicts: ObservedConnection['verdicts'],
): ObservedConnection['latest'] {
  // What left the source may yet be refused at the destination; a request that was answered was not.
  const passedBoth = side === 'destination' || (side === 'source' && destination !== 'pod');
  const passed: readonly ObservedVerdict[] = passedBoth
    ? ['forwarded', 'audited', 'failed']
    : layer === 'l7'
      ? ['forwarded', 'audited']
      : [];
  let allowedMs: number | undefined;
  for (const verdict of passed) allowedMs = latestOfTwo(allowedMs, seenAt(verdicts[verdict]));
  const deniedMs = seenAt(verdicts.denied);
  if (deniedMs !== undefined && (allowedMs === undefined || deniedMs >= allowedMs)) {
    return { verdict: 'denied', atMs: deniedMs };
  }
  return allowedMs === undefined ? undefined : { verdict: 'allowed', atMs: allowedMs };
}

/** A count of none was not seen. */
function seenAt(tally: VerdictTally | undefined): number | undefined {
  return tally === undefined || tally.count === 0 ? undefined : (tally.lastSeenMs ?? 0);
}

function readCompleteness(
  completeness: Completeness | undefined,
): Pick<ObservedConnection, 'complete' | 'sampled' | 'losses'> {
  // A record that says nothing of its completeness can't stand for all traffic.
  if (completeness === undefined) return { complete: false, sampled: false, losses: [] };
  const { complete, sampled, losses } = completeness;
  return {
    complete: complete && !sampled,
    sampled,
    losses: losses.map(({ reason, count }) => ({
      reason: LOSS_REASON_NAMES[reason] ?? 'unspecified',
      count: Number(count),
    })),
  };
}
