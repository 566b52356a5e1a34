import type { AuthorizationEngine } from '../authorization/request.ts';
import type { AuthorizationAsk } from '../traffic/authorization-question.ts';
import { endpointText } from '../traffic/endpoint-text.ts';
import { networkOutcome, networkQuestion } from '../traffic/network-question.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import { observedOf, totalCount } from '../simulation/observed-text.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import type { Contradiction, ContradictionKind } from './effectiveness.ts';

/** So many contradictions are listed; all are counted. */
const listedMax = 1_000;

interface Engines {
  readonly network: NetworkEngine;
  readonly authorization: AuthorizationEngine | undefined;
  readonly ask: AuthorizationAsk;
}

interface Found {
  readonly connection: ObservedConnection;
  readonly kind: ContradictionKind;
  readonly layer: Contradiction['layer'];
}

/** Finds observed connections that were treated otherwise than the policies say; those seen most often come first. */
export function contradictionsIn(
  engines: Engines,
  edges: readonly ObservedConnection[],
): { readonly contradictions: readonly Contradiction[]; readonly count: number } {
  const found: Found[] = [];
  for (const connection of edges) {
    const kind = networkContradiction(engines.network, connection);
    if (kind !== undefined) found.push({ connection, kind, layer: 'network' });
    const other = kind === undefined ? authorizationContradiction(engines, connection) : undefined;
    if (other !== undefined) found.push({ connection, kind: other, layer: 'authorization' });
  }
  const listed = found.toSorted((a, b) => totalCount(b.connection) - totalCount(a.connection)).slice(0, listedMax);
  return { contradictions: listed.map((each) => detailed(engines, each)), count: found.length };
}

function networkContradiction(engine: NetworkEngine, connection: ObservedConnection): ContradictionKind | undefined {
  const { layer, latest, observedAt, verdicts } = connection;
  const declared = networkOutcome(engine, connection);
  if (declared === 'denied') {
    if (latest?.verdict === 'allowed') return passedBy(connection);
    // Let out at the source, though the source's own end denies; the destination's end was not seen.
    const letOut = observedAt.length === 1 && observedAt[0] === 'source' && (verdicts.forwarded?.count ?? 0) > 0;
    if (latest !== undefined || !letOut) return undefined;
    return engine.verdict(networkQuestion(connection)).egress.outcome === 'denied' ? 'not-enforced' : undefined;
  }
  // A request may be refused by authorization; a connection is refused by network policies alone.
  return declared === 'allowed' && layer === 'l4' && latest?.verdict === 'denied' ? 'denied-though-allowed' : undefined;
}

function authorizationContradiction(
  { network, authorization, ask }: Engines,
  connection: ObservedConnection,
): ContradictionKind | undefined {
  const { layer, latest } = connection;
  // What became of a connection at layer 4 says nothing of the proxy behind it.
  if (layer !== 'l7' || latest === undefined) return undefined;
  const request = authorization === undefined ? undefined : ask(connection);
  const declared = request === undefined ? undefined : authorization?.outcome(request);
  if (latest.verdict === 'allowed') return declared === 'denied' ? passedBy(connection) : undefined;
  if (declared === 'denied' || declared === 'unknown') return undefined;
  return networkOutcome(network, connection) === 'allowed' ? 'denied-though-allowed' : undefined;
}

/** Nothing but an audit let it through: that is as it was meant. */
function passedBy({ verdicts }: ObservedConnection): ContradictionKind {
  const passed = (verdicts.forwarded?.count ?? 0) + (verdicts.failed?.count ?? 0);
  return passed === 0 && (verdicts.audited?.count ?? 0) > 0 ? 'audited-only' : 'not-enforced';
}

function detailed(engines: Engines, { connection, kind, layer }: Found): Contradiction {
  const { source, destination, protocol, port, request } = connection;
  return {
    kind,
    layer,
    src: endpointText(source),
    dst: endpointText(destination),
    protocol,
    port,
    ...(request !== undefined && { request }),
    ...declaredBy(engines, connection, layer),
    observed: observedOf(connection),
  };
}

function declaredBy(
  { network, authorization, ask }: Engines,
  connection: ObservedConnection,
  layer: Contradiction['layer'],
): Pick<Contradiction, 'declared' | 'deciders' | 'reason' | 'causes'> {
  const request = layer === 'authorization' ? ask(connection) : undefined;
  if (request !== undefined && authorization !== undefined) {
    const { outcome, deciders, reason, causes } = authorization.verdict(request);
    return { declared: outcome, deciders, reason, causes };
  }
  const { outcome, egress, ingress, reason, causes } = network.verdict(networkQuestion(connection));
  const sides = [egress, ingress].filter((side) => outcome !== 'denied' || side.outcome === 'denied');
  return { declared: outcome, deciders: sides.flatMap(({ deciders }) => deciders), reason, causes };
}
