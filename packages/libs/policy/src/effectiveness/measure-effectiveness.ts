import { compileAuthorization } from '../authorization/compile-authorization.ts';
import type { Cluster } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { Policy } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { workloadEnds } from '../matrix/ends.ts';
import { compileNetwork } from '../network/engine/compile-network.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { Isolation, Rule } from '../network/rule.ts';
import { isAuthorization } from '../simulation/policy-change.ts';
import { authorizationQuestions } from '../traffic/authorization-question.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import { evidenceOf } from '../traffic/read-traffic.ts';
import type { TrafficEvidence } from '../traffic/read-traffic.ts';
import { authorizationEffects } from './authorization-effect.ts';
import { broaderThanSeen } from './broader.ts';
import { contradictionsIn } from './contradictions.ts';
import { coverageOf } from './coverage.ts';
import type { Effectiveness, Hits, PolicyEffect, RuleEffect } from './effectiveness.ts';
import { Removal } from './redundancy.ts';
import { HitTally, RuleHits } from './rule-hits.ts';
import { writtenRules } from './written-rule.ts';
import type { WrittenRule } from './written-rule.ts';

/** What to measure. */
export interface EffectivenessInput {
  readonly cluster: Cluster;
  readonly profile: Profile;
  /** Recorded traffic; see readTraffic. Undefined: none was recorded, and hits are not observable. */
  readonly edges?: readonly ObservedConnection[];
  readonly evidence?: TrafficEvidence;
}

/** Measures how well policies work, against traffic where there is any. Never throws on what policies say. */
export function effectiveness({ cluster, profile, edges, evidence }: EffectivenessInput): Effectiveness {
  const ghosts = edges && [...new Set(edges.flatMap(({ source, destination }) => [source, destination]))];
  const network = compileNetwork(cluster, { profile: profile.network, ...(ghosts && { ghosts }) });
  const hasAuthorization = cluster.policies.some(isAuthorization);
  const authorization = hasAuthorization ? compileAuthorization(cluster, profile.authorization) : undefined;
  const rules = writtenRules(network.rules);
  const hits = edges && new RuleHits(network, rules, edges);
  const ask = authorizationQuestions();
  const requests = cluster.policies.filter(({ ref }) => ref.kind === 'AuthorizationPolicy');
  const ofAuthorization =
    authorization && authorizationEffects(authorization, requests, workloadEnds(network), edges, ask);
  const ofNetwork = networkEffects(network, rules, hits);
  const { contradictions, count } = contradictionsIn({ network, authorization, ask }, edges ?? []);
  return {
    profile,
    evidence: edges && (evidence ?? evidenceOf(edges)),
    policies: cluster.policies.flatMap((policy) =>
      isAuthorization(policy) ? (ofAuthorization?.get(refText(policy.ref)) ?? []) : ofNetwork(policy),
    ),
    coverage: coverageOf(network, authorization, hits),
    contradictions,
    contradictionCount: count,
    problems: [...cluster.problems, ...network.problems, ...(authorization?.problems ?? [])],
  };
}

function networkEffects(
  engine: NetworkEngine,
  written: readonly WrittenRule[],
  hits: RuleHits | undefined,
): (policy: Policy) => PolicyEffect {
  const removal = new Removal(engine);
  const rules = Map.groupBy(written, ({ policy }) => refText(policy));
  const isolations = Map.groupBy(engine.isolations, ({ policy }) => refText(policy));
  const everybody = new Set(workloadEnds(engine).map(({ id }) => id));
  return ({ ref }) => {
    const own = rules.get(refText(ref)) ?? [];
    const parts = [...own.flatMap((rule) => rule.parts), ...(isolations.get(refText(ref)) ?? [])];
    return {
      policy: ref,
      layer: 'network',
      workloads: workloadsOf(engine, parts),
      rules: own.map((rule) => ruleEffect({ engine, hits, removal, everybody }, rule)),
      ...seenHits(hits && (hits.ofPolicy(ref) ?? new HitTally())),
      redundant: removal.ofPolicy(ref, parts),
    };
  };
}

interface Measuring {
  readonly engine: NetworkEngine;
  readonly hits: RuleHits | undefined;
  readonly removal: Removal;
  /** Ids of all workloads. */
  readonly everybody: ReadonlySet<string>;
}

function ruleEffect({ engine, hits, removal, everybody }: Measuring, rule: WrittenRule): RuleEffect {
  const { path, direction, action } = rule;
  const tally = hits && (hits.of(rule) ?? new HitTally());
  const without = removal.ofRule(rule);
  const used = action === 'allow' && tally !== undefined && tally.allowed > 0;
  const broader = used ? broaderThanSeen(engine, rule, tally, everybody) : undefined;
  return {
    path,
    direction,
    action,
    ...seenHits(tally),
    redundant: without !== undefined,
    ...(without && { without }),
    ...(broader && { broader }),
  };
}

function seenHits(tally: HitTally | undefined): {
  readonly hits: Hits | 'not observable';
  readonly neverMatched?: boolean;
} {
  if (tally === undefined) return { hits: 'not observable' };
  const hits = tally.hits();
  return { hits, neverMatched: hits.connections === 0 };
}

function workloadsOf(engine: NetworkEngine, parts: readonly (Rule | Isolation)[]): readonly string[] {
  const ids = new Set<string>();
  for (const peer of new Set(parts.flatMap((each) => engine.affectedPeers(each)))) {
    const { kind, workload } = engine.peers[peer] ?? {};
    if (kind === 'pod' && workload !== undefined && engine.podsOf(peer).length > 0) ids.add(refText(workload));
  }
  return [...ids].toSorted();
}
