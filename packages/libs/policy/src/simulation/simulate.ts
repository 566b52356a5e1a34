import { compileAuthorization } from '../authorization/compile-authorization.ts';
import type { AuthorizationDecider } from '../authorization/request.ts';
import type { Cause, Outcome } from '../model/cause.ts';
import type { Cluster } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { Profile } from '../model/profile.ts';
import { compilePair } from '../network/engine/compile-network.ts';
import type { Decider, NetworkVerdict } from '../network/verdict.ts';
import { matrixDifference } from '../matrix/matrix-difference.ts';
import { touchedSubjects } from '../matrix/touched-subjects.ts';
import { endpointText } from '../traffic/endpoint-text.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import { evidenceOf } from '../traffic/read-traffic.ts';
import type { TrafficEvidence } from '../traffic/read-traffic.ts';
import { changedRequests } from './authorization-simulation.ts';
import { changedTraffic } from './network-simulation.ts';
import { observedOf, totalCount } from './observed-text.ts';
import { isAuthorization, policyChanges } from './policy-change.ts';
import type { PolicyChanges } from './policy-change.ts';
import { SeenConnections } from './seen-connections.ts';
import type { Effect, ObservedChange, Simulation } from './simulation.ts';
import { simulationNotes } from './simulation-notes.ts';

/** What to simulate. */
export interface SimulationInput {
  readonly before: Cluster;
  /** The cluster with the change applied; see applyCandidate. */
  readonly after: Cluster;
  readonly profile: Profile;
  /** Recorded traffic; see readTraffic. Without any, only connections that could be are told. */
  readonly edges?: readonly ObservedConnection[];
  /** Of the reading of the traffic; taken from the edges where it is not given. */
  readonly evidence?: TrafficEvidence;
}

/**
 * What a change of policies does to observed traffic and to all connections that could be. Never throws on what policies say.
 * The pods are those of `after`.
 */
export function simulate({
  before,
  after,
  profile,
  edges = [],
  evidence = evidenceOf(edges),
}: SimulationInput): Simulation {
  const changes = policyChanges(before, after);
  const network = simulateNetwork({ before, after, profile }, changes, edges);
  const authorization = simulateAuthorization({ before, after, profile }, changes, edges);
  const observed = [...network.observed, ...authorization.observed].toSorted(byWeight);
  return {
    profile,
    change: {
      added: changes.added.map(({ ref }) => ref),
      replaced: changes.replaced.map(({ after: { ref } }) => ref),
      deleted: changes.deleted.map(({ ref }) => ref),
    },
    observed: observed.map(({ change }) => change),
    counts: countEffects(observed.map(({ change }) => change)),
    judged: { network: network.judged, authorization: authorization.judged },
    connections: network.connections,
    evidence,
    notes: simulationNotes({ profile, evidence, everything: changes.everything }),
    problems: [...after.problems, ...network.problems, ...authorization.problems],
  };
}

type Clusters = Pick<SimulationInput, 'before' | 'after' | 'profile'>;

/** A change with how often its connection was seen. */
interface Weighed {
  readonly change: ObservedChange;
  readonly weight: number;
}

function simulateNetwork(
  { before, after, profile }: Clusters,
  { changed }: PolicyChanges,
  edges: readonly ObservedConnection[],
): {
  readonly judged: number;
  readonly observed: readonly Weighed[];
  readonly connections: Simulation['connections'];
  readonly problems: Simulation['problems'];
} {
  const ghosts = [...new Set(edges.flatMap(({ source, destination }) => [source, destination]))];
  const engines = compilePair(before, after, { profile: profile.network, ghosts });
  // Of an unknown profile only one of two translations is at hand to compare: every rule of a changed policy counts.
  const always = profile.network.kind === 'unknown' ? changed.map(({ ref }) => refText(ref)) : [];
  const touched = touchedSubjects(engines.before, engines.after, new Set(always));
  const { judged, changes } = changedTraffic(engines, touched, edges);
  const seen = new SeenConnections(changes.map(({ connection }) => connection));
  const { added, removed, unclear, requests } = matrixDifference(engines, touched);
  return {
    judged,
    observed: changes.map((change) => ({
      weight: totalCount(change.connection),
      change: observedChange('network', change.connection, networkSide(change.before), networkSide(change.after)),
    })),
    connections: {
      added: added.map((each) => seen.count(each)),
      removed: removed.map((each) => seen.count(each)),
      unclear: unclear.map((each) => seen.count(each)),
      requests: requests.map((each) => seen.count(each)),
    },
    problems: engines.after.problems,
  };
}

function simulateAuthorization(
  { before, after, profile }: Clusters,
  changes: PolicyChanges,
  edges: readonly ObservedConnection[],
): { readonly judged: number; readonly observed: readonly Weighed[]; readonly problems: Simulation['problems'] } {
  const own = { ...changes, changed: changes.changed.filter(isAuthorization) };
  const policies = [...before.policies, ...after.policies].filter(isAuthorization);
  if (policies.length === 0 || (own.changed.length === 0 && !changes.everything)) {
    return { judged: 0, observed: [], problems: [] };
  }
  // Of the cluster after the change in both, as for the network: the change is that of policies.
  const young = compileAuthorization(after, profile.authorization);
  const old = young.with(before.policies);
  const { judged, changes: found } = changedRequests({ before: old, after: young }, own, edges);
  const observed = found.map(({ connection, before: was, after: is }) => ({
    weight: totalCount(connection),
    change: observedChange('authorization', connection, was, is),
  }));
  return { judged, observed, problems: young.problems };
}

/** What both layers tell of a verdict. */
interface Side {
  readonly outcome: Outcome;
  readonly deciders: readonly (Decider | AuthorizationDecider)[];
  readonly reason: string;
  readonly causes: readonly Cause[];
}

function networkSide({ outcome, egress, ingress, reason, causes }: NetworkVerdict): Side {
  const deciding = [egress, ingress].filter((side) => outcome !== 'denied' || side.outcome === 'denied');
  return { outcome, deciders: deciding.flatMap(({ deciders }) => deciders), reason, causes };
}

function observedChange(
  layer: ObservedChange['layer'],
  connection: ObservedConnection,
  before: Side,
  after: Side,
): ObservedChange {
  const { source, destination, protocol, port, request, pathTemplate } = connection;
  return {
    layer,
    effect: `becomes ${after.outcome}`,
    src: endpointText(source),
    dst: endpointText(destination),
    protocol,
    port,
    ...(request !== undefined && { request }),
    ...(pathTemplate !== undefined && { pathTemplate }),
    before: before.outcome,
    after: after.outcome,
    decidedBefore: before.deciders,
    decidedAfter: after.deciders,
    reason: after.reason,
    causes: after.causes,
    observed: observedOf(connection),
  };
}

const EFFECTS: readonly Effect[] = ['becomes denied', 'becomes unknown', 'becomes allowed'];

function countEffects(changes: readonly ObservedChange[]): Readonly<Record<Effect, number>> {
  const counts = { 'becomes denied': 0, 'becomes allowed': 0, 'becomes unknown': 0 };
  for (const { effect } of changes) counts[effect] += 1;
  return counts;
}

function byWeight(a: Weighed, b: Weighed): number {
  const order = EFFECTS.indexOf(a.change.effect) - EFFECTS.indexOf(b.change.effect);
  return order === 0 ? b.weight - a.weight : order;
}
