import type { Protocol } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { Request } from '../network/layer7.ts';
import type { ObservedConnection, VerdictTally } from '../traffic/observed-connection.ts';
import { joinEvidence } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import type { ConnectionText } from './recommendation.ts';
import type { RequestScope } from './scope.ts';
import type { TrafficEnd, TrafficEnds } from './traffic-end.ts';

/** One connection or kind of request between two ends, with what is known of it by now. */
export interface Sighting {
  readonly layer: 'l4' | 'l7';
  readonly source: TrafficEnd;
  readonly destination: TrafficEnd;
  readonly protocol: Protocol;
  readonly port: number;
  readonly sourceHidden: boolean;
  /** Principal of the source; empty: known to have none; undefined: not known. */
  readonly principal: string | undefined;
  /** What was asked, where it is known; `path` with variable segments. */
  readonly request: RequestScope | undefined;
  /**
   * By its latest complete verdict. `passed-source` was seen to leave its source and nothing tells that it did not arrive;
   * `none`: nothing tells that a policy let it through or not.
   */
  readonly verdict: 'allowed' | 'denied' | 'passed-source' | 'none';
  /** What was let through. */
  readonly allowed: Evidence;
  readonly allowedMs: number | undefined;
  readonly deniedMs: number | undefined;
  readonly auditedMs: number | undefined;
}

/** Reads connections; those with the same ends, port and request are one, and the later verdict counts. */
export function readSightings(connections: readonly ObservedConnection[], ends: TrafficEnds): readonly Sighting[] {
  const known = new Map<string, Sighting>();
  for (const each of connections) {
    const read = readSighting(each, ends);
    const { method = '', path = '' } = read.request ?? {};
    const what =
      read.layer === 'l4'
        ? ''
        : `${read.request === undefined ? 'tcp' : 'http'} ${method} ${path} ${read.principal ?? '?'}`;
    const key = `${read.source.id}>${read.destination.id}>${read.protocol}${read.port}${read.layer}${what}`;
    const before = known.get(key);
    known.set(key, before === undefined ? read : merge(before, read));
  }
  return settled([...known.values()]);
}

/** Whether a rule is needed for it. */
export function isNeeded({ verdict }: Sighting): boolean {
  return verdict === 'allowed' || verdict === 'passed-source';
}

/** A request as the engines judge it; variable segments of the path get a value. */
export function exampleRequest({ method, path }: RequestScope): Request {
  const sample = path?.replaceAll(/\{[^{}/]*\}|(?<=\/):[A-Za-z_]\w*|(?<=\/)\*\*?(?=\/|$)/g, '7');
  return { http: { ...(method === undefined ? {} : { method }), ...(sample === undefined ? {} : { path: sample }) } };
}

/** The connection in words. */
export function connectionText({ source, destination, protocol, port, request }: Sighting): ConnectionText {
  const asked = [request?.method, request?.path].filter((each) => each !== undefined).join(' ');
  return {
    source: endText(source),
    destination: endText(destination),
    protocol,
    port,
    ...(asked === '' ? {} : { request: asked }),
  };
}

/** An end in words. */
export function endText(end: TrafficEnd): string {
  switch (end.kind) {
    case 'pods':
      return end.workload.key;
    case 'node':
      return end.workload?.key ?? `${end.side ?? 'node'}${end.cidr === undefined ? '' : ` ${end.cidr}`}`;
    case 'api-server':
      return `kube-apiserver${end.cidr === undefined ? '' : ` ${end.cidr}`}`;
    case 'world':
      return [end.cidr ?? 'world', ...end.names].join(' ');
    case 'reserved':
      return end.entity;
    case 'unknown': {
      const { pod, workload, namespace, ip } = end.query;
      return workload === undefined ? (pod?.name ?? ip ?? namespace ?? 'unknown') : refText(workload);
    }
  }
}

function readSighting(connection: ObservedConnection, ends: TrafficEnds): Sighting {
  const { layer, protocol, port, sourceHidden, principal, verdicts, latest, firstSeenMs, lastSeenMs, complete } =
    connection;
  const passed = [verdicts.forwarded, verdicts.audited, verdicts.failed].filter((each) => each !== undefined);
  const passedMs = Math.max(...passed.map((each) => each.lastSeenMs ?? lastSeenMs ?? -Infinity));
  const count = passed.reduce((sum, each) => sum + each.count, 0);
  const passedSource = latest === undefined && count > 0;
  return {
    layer,
    source: ends.read(connection.source, connection.sourceClass),
    destination: ends.read(connection.destination, connection.destinationClass),
    protocol,
    port,
    sourceHidden,
    principal,
    request: requestOf(connection),
    verdict: latest?.verdict ?? (passedSource ? 'passed-source' : 'none'),
    allowed: { count, firstMs: firstSeenMs ?? Infinity, lastMs: passedMs, complete: complete && !passedSource },
    allowedMs: count > 0 && Number.isFinite(passedMs) ? passedMs : undefined,
    deniedMs: seenMs(verdicts.denied, lastSeenMs),
    auditedMs: seenMs(verdicts.audited, lastSeenMs),
  };
}

/** A count of none was not seen. */
function seenMs(tally: VerdictTally | undefined, lastSeenMs: number | undefined): number | undefined {
  return tally === undefined || tally.count === 0 ? undefined : (tally.lastSeenMs ?? lastSeenMs);
}

function requestOf({ request, pathTemplate }: ObservedConnection): RequestScope | undefined {
  if (request?.http === undefined) return undefined;
  const { method, path = pathTemplate } = request.http;
  return { ...(method === undefined ? {} : { method }), ...(path === undefined ? {} : { path }) };
}

function merge(a: Sighting, b: Sighting): Sighting {
  return {
    ...a,
    sourceHidden: a.sourceHidden || b.sourceHidden,
    verdict: later(a, b),
    allowed: joinEvidence(a.allowed, b.allowed),
    allowedMs: latestOf(a.allowedMs, b.allowedMs),
    deniedMs: latestOf(a.deniedMs, b.deniedMs),
    auditedMs: latestOf(a.auditedMs, b.auditedMs),
  };
}

/** Complete verdicts count before all others; of two the later one; at the same time the denial. */
function later(a: Sighting, b: Sighting): Sighting['verdict'] {
  const complete = [a, b].filter(({ verdict }) => verdict === 'allowed' || verdict === 'denied');
  const [one, other] = complete;
  if (one === undefined)
    return a.verdict === 'passed-source' || b.verdict === 'passed-source' ? 'passed-source' : 'none';
  if (other === undefined || one.verdict === other.verdict) return one.verdict;
  const [denied, allowed] = one.verdict === 'denied' ? [one, other] : [other, one];
  return (allowed.allowedMs ?? -Infinity) > (denied.deniedMs ?? -Infinity) ? 'allowed' : 'denied';
}

/** A connection that carried a request later than it was denied is allowed. */
function settled(sightings: readonly Sighting[]): readonly Sighting[] {
  const answered = new Map<string, number>();
  for (const each of sightings) {
    if (each.layer !== 'l7' || each.verdict !== 'allowed' || each.allowedMs === undefined) continue;
    answered.set(endsAndPort(each), Math.max(answered.get(endsAndPort(each)) ?? -Infinity, each.allowedMs));
  }
  if (answered.size === 0) return sightings;
  return sightings.map((each) => {
    if (each.layer !== 'l4' || each.protocol !== 'TCP' || each.verdict === 'allowed') return each;
    const allowedMs = answered.get(endsAndPort(each));
    if (allowedMs === undefined || (each.deniedMs ?? -Infinity) >= allowedMs) return each;
    return { ...each, verdict: 'allowed', allowedMs };
  });
}

function endsAndPort({ source, destination, port }: Sighting): string {
  return `${source.id}>${destination.id}>${port}`;
}

function latestOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b);
}
