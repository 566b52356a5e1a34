import type { L4Edge, L7Edge } from '@kestrel/proto/events';
import { mergeObserved } from './merge-observed.ts';
import type { ObservedConnection, ObservedLoss } from './observed-connection.ts';
import { EndpointReader } from './read-endpoint.ts';
import { readL4, readL7 } from './read-edge.ts';

/** Recorded traffic, ready to be judged. */
export interface Traffic {
  readonly connections: readonly ObservedConnection[];
  readonly evidence: TrafficEvidence;
}

/** How far the traffic can stand for all traffic of its time. Recorded in every result that rests on it. */
export interface TrafficEvidence {
  /** Records read. */
  readonly edges: { readonly l4: number; readonly l7: number };
  /** Connections made of them. */
  readonly connections: number;
  /** Records without a transport protocol: nothing can be said of them. */
  readonly unreadable: readonly number[];
  /** From when to when something was observed, as epoch milliseconds; undefined without traffic. */
  readonly observedSinceMs: number | undefined;
  readonly lastSeenMs: number | undefined;
  /** No reporter knows of a loss, and none samples. */
  readonly complete: boolean;
  readonly incompleteEdges: number;
  readonly sampled: boolean;
  readonly losses: readonly ObservedLoss[];
}

/** Reads edges and merges what both ends recorded of the same connection. The order is that of first appearance. */
export function readTraffic(edges: { readonly l4?: readonly L4Edge[]; readonly l7?: readonly L7Edge[] }): Traffic {
  const endpoints = new EndpointReader();
  const groups = new Map<string, [ObservedConnection, ...ObservedConnection[]]>();
  const unreadable: number[] = [];
  const add = (edge: L4Edge | L7Edge, rest: string, read: ObservedConnection): void => {
    const key = `${endpoints.read(edge.source).key}>${endpoints.read(edge.destination).key}>${rest}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [read]);
    else group.push(read);
  };
  for (const [index, edge] of (edges.l4 ?? []).entries()) {
    const read = readL4(edge, index, endpoints);
    if (read === undefined) unreadable.push(index);
    else add(edge, `l4 ${edge.protocol} ${edge.port}`, read);
  }
  for (const [index, edge] of (edges.l7 ?? []).entries()) {
    const { applicationProtocol, port, host, method, pathTemplate } = edge;
    const principal = `${edge.source?.principal ?? ''} ${edge.mutualTls}`;
    const what = `l7 ${applicationProtocol} ${port} ${host} ${method} ${pathTemplate} ${principal}`;
    add(edge, what, readL7(edge, index, endpoints));
  }
  const connections = Array.from(groups.values(), mergeObserved);
  const count = { l4: edges.l4?.length ?? 0, l7: edges.l7?.length ?? 0 };
  return { connections, evidence: { ...evidenceOf(connections), edges: count, unreadable } };
}

/** What connections say of how complete they are, taken together. */
export function evidenceOf(connections: readonly ObservedConnection[]): TrafficEvidence {
  const losses = new Map<ObservedLoss['reason'], number>();
  const edges = { l4: 0, l7: 0 };
  let observedSinceMs: number | undefined;
  let lastSeenMs: number | undefined;
  let incompleteEdges = 0;
  let sampled = false;
  for (const each of connections) {
    const since = each.observedSinceMs ?? each.firstSeenMs;
    if (since !== undefined && since < (observedSinceMs ?? Infinity)) observedSinceMs = since;
    if (each.lastSeenMs !== undefined && each.lastSeenMs > (lastSeenMs ?? -Infinity)) lastSeenMs = each.lastSeenMs;
    if (!each.complete) incompleteEdges += 1;
    if (each.sampled) sampled = true;
    for (const { reason, count } of each.losses) losses.set(reason, Math.max(losses.get(reason) ?? 0, count));
    for (const { layer } of each.evidence) edges[layer] += 1;
  }
  return {
    edges,
    connections: connections.length,
    unreadable: [],
    observedSinceMs,
    lastSeenMs,
    complete: connections.length > 0 && incompleteEdges === 0,
    incompleteEdges,
    sampled,
    // The edges of one reporter repeat its losses, and records don't name the reporter: the highest count is a lower bound.
    losses: Array.from(losses, ([reason, count]) => ({ reason, count })),
  };
}
