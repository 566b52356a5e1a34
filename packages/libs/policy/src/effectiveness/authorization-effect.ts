import type { AuthorizationDestination, AuthorizationEngine } from '../authorization/request.ts';
import { refText } from '../model/object-ref.ts';
import type { Policy } from '../model/policy.ts';
import type { End } from '../matrix/ends.ts';
import { authorizationTraffic } from '../traffic/authorization-question.ts';
import type { AuthorizationAsk } from '../traffic/authorization-question.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import type { Hits, PolicyEffect, RuleEffect } from './effectiveness.ts';
import { HitTally, counted } from './rule-hits.ts';

type AuthorizationAction = Extract<RuleEffect['action'], 'ALLOW' | 'DENY' | 'CUSTOM' | 'AUDIT'>;

/** Effects of the AuthorizationPolicies of a cluster, by refText. */
export function authorizationEffects(
  engine: AuthorizationEngine,
  policies: readonly Policy[],
  workloads: readonly End[],
  edges: readonly ObservedConnection[] | undefined,
  ask: AuthorizationAsk,
): ReadonlyMap<string, PolicyEffect> {
  const scopes = scopesOf(engine, workloads);
  const hits = edges === undefined ? undefined : requestHits(engine, edges, ask);
  return new Map(
    policies.map((policy) => {
      const key = refText(policy.ref);
      const scope = scopes.get(key) ?? [];
      // Rules about requests can only be hit where requests are recorded.
      const observable = hits !== undefined && scope.some((id) => hits.recorded.has(id));
      return [key, effectOf(policy, scope, observable ? hits : undefined)] as const;
    }),
  );
}

function effectOf(policy: Policy, workloads: readonly string[], hits: RequestHits | undefined): PolicyEffect {
  const key = refText(policy.ref);
  const action = actionOf(policy);
  const rules = policy.specs.flatMap(({ path, body }): RuleEffect[] => {
    const list: unknown = body['rules'];
    if (!Array.isArray(list)) return [];
    return list.map((_, index) => {
      const at = `${path}.rules[${index}]`;
      return { path: at, action, ...hitsOf(hits?.tallies, `${key} ${at}`, hits?.possible) };
    });
  });
  return {
    policy: policy.ref,
    layer: 'authorization',
    workloads,
    rules,
    ...hitsOf(hits?.tallies, key, hits?.possible),
    ...(policy.annotations.get('istio.io/dry-run') === 'true' && { dryRun: true }),
  };
}

/** Hits, as far as traffic can tell them. */
export function hitsOf(
  tallies: ReadonlyMap<string, HitTally> | undefined,
  key: string,
  possible?: ReadonlySet<string>,
): { readonly hits: Hits | 'not observable'; readonly neverMatched?: boolean; readonly mayHaveMatched?: true } {
  if (tallies === undefined) return { hits: 'not observable' };
  const hits = (tallies.get(key) ?? new HitTally()).hits();
  if (hits.connections === 0 && possible?.has(key) === true) return { hits, mayHaveMatched: true };
  return { hits, neverMatched: hits.connections === 0 };
}

function actionOf({ specs }: Policy): AuthorizationAction {
  const action = specs[0]?.body['action'];
  return action === 'DENY' || action === 'CUSTOM' || action === 'AUDIT' ? action : 'ALLOW';
}

function scopesOf(engine: AuthorizationEngine, workloads: readonly End[]): ReadonlyMap<string, string[]> {
  const scopes = new Map<string, string[]>();
  for (const { id, workload } of workloads) {
    if (workload === undefined) continue;
    for (const { ref } of engine.applying({ namespace: workload.namespace, workload, port: 1 })) {
      const key = refText(ref);
      const scope = scopes.get(key);
      if (scope === undefined) scopes.set(key, [id]);
      else scope.push(id);
    }
  }
  return scopes;
}

/** What requests hit, by `policy` and `policy path`. */
interface RequestHits {
  readonly tallies: ReadonlyMap<string, HitTally>;
  /** What matched, or may have: a record does not show all of a request. */
  readonly possible: ReadonlySet<string>;
  /** Workloads of which requests were recorded. */
  readonly recorded: ReadonlySet<string>;
}

function requestHits(
  engine: AuthorizationEngine,
  edges: readonly ObservedConnection[],
  ask: AuthorizationAsk,
): RequestHits {
  const possible = new Set<string>();
  const tallies = new Map<string, HitTally>();
  const recorded = new Set<string>();
  const tally = (key: string): HitTally => {
    const known = tallies.get(key) ?? new HitTally();
    tallies.set(key, known);
    return known;
  };
  const known = new Map<AuthorizationDestination, boolean>();
  const governs = (destination: AuthorizationDestination): boolean => {
    const applies = known.get(destination) ?? engine.applying(destination).length > 0;
    known.set(destination, applies);
    return applies;
  };
  for (const connection of authorizationTraffic(edges)) {
    const request = ask(connection);
    const count = counted(connection);
    if (request === undefined || count.allowed + count.denied === 0) continue;
    if (!governs(request.destination)) continue;
    const { workload } = connection.destination;
    if (connection.layer === 'l7' && workload !== undefined) recorded.add(refText(workload));
    const policies = new Set<string>();
    for (const { policy, path } of engine.matching(request)) {
      tally(`${refText(policy)} ${path}`).add(connection, count);
      policies.add(refText(policy));
    }
    for (const policy of policies) tally(policy).add(connection, count);
    for (const { policy, path } of engine.mayMatch(request)) {
      possible.add(refText(policy)).add(`${refText(policy)} ${path}`);
    }
  }
  return { tallies, possible, recorded };
}
