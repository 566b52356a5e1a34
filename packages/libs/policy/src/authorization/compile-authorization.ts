import type { Cause, CauseCode, Outcome } from '../model/cause.ts';
import type { Cluster } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Policy } from '../model/policy.ts';
import type { AuthorizationProfile } from '../model/profile.ts';
import { indexCluster } from './cluster-index.ts';
import type { CompiledRule } from './compiled-policy.ts';
import { answersOf } from './decide.ts';
import type { AppliedPolicies, AppliedPolicy } from './decide.ts';
import { KnownEndpoints } from './known-endpoints.ts';
import { compileAll } from './policy-set.ts';
import type { CompiledOnce, PolicySet } from './policy-set.ts';
import type {
  AuthorizationDecider,
  AuthorizationDestination,
  AuthorizationEngine,
  AuthorizationRequest,
  AuthorizationVerdict,
} from './request.ts';
import { explain, scenarioOutcome } from './scenario.ts';
import type { Explanation, Scenario } from './scenario.ts';
import { Scenarios } from './scenarios.ts';
import { YES } from './tri.ts';

/**
 * Compiles the Istio policies of a cluster: what istiod would give to its data planes. Never throws; what can't be used is
 * in `problems`. Verdicts are three-valued: what the request or the state doesn't tell is looked at in every way that it
 * may be, and where those differ the outcome is unknown.
 */
export function compileAuthorization(cluster: Cluster, profile: AuthorizationProfile): AuthorizationEngine {
  const endpoints = new KnownEndpoints(indexCluster(cluster), profile);
  return engineOf(endpoints, compileAll(cluster.policies, profile, new Map()));
}

function engineOf(endpoints: KnownEndpoints, set: PolicySet): AuthorizationEngine {
  const { profile } = endpoints;
  const scenarios = new Scenarios(endpoints, set);
  return {
    profile,
    problems: set.problems,
    outcome: (request) => scenarios.outcome(request),
    verdict: (request) => verdictIn(scenarios.of(request), scenarios.outcome(request)),
    applying: (destination: AuthorizationDestination) => inOrder(scenarios.appliedAt(destination)),
    matching: (request: AuthorizationRequest) => written(scenarios.matching(request)),
    mayMatch: (request: AuthorizationRequest) => written(scenarios.possible(request)),
    with: (policies: readonly Policy[]) =>
      engineOf(endpoints, compileAll(policies, profile, set.compiled satisfies CompiledOnce)),
  };
}

function verdictIn(scenarios: readonly Scenario[], outcome: Outcome): AuthorizationVerdict {
  const explained = scenarios.map((scenario) => ({ scenario, is: explain(scenario) }));
  const planes = [...new Set(scenarios.map(({ dataPlane }) => dataPlane))];
  const [plane, ...otherPlanes] = planes;
  const dataPlane = plane === undefined || otherPlanes.length > 0 ? 'unknown' : plane;
  const audited = auditedIn(scenarios);
  const deciders = uniqueDeciders(explained.flatMap(({ is }) => is.deciders));
  if (outcome !== 'unknown') {
    const reasons = [...new Set(explained.map(({ is }) => is.reason))];
    return { outcome, dataPlane, deciders, audited, reason: reasons.join('; or '), causes: [] };
  }
  const causes = [...missingIn(explained.map(({ is }) => is)), ...differencesIn(explained)];
  return { outcome, dataPlane, deciders, audited, reason: causes.map(({ message }) => message).join('; '), causes };
}

function missingIn(explanations: readonly Explanation[]): readonly Cause[] {
  const missing = new Map<string, CauseCode>();
  for (const each of explanations) {
    if (each.outcome === 'unknown') for (const [fact, code] of each.missing) missing.set(fact, code);
  }
  return [...missing].map(([fact, code]) => ({ code, message: `${fact} is not known` }));
}

interface Explained {
  readonly scenario: Scenario;
  readonly is: Explanation;
}

/** What scenarios may differ in, with what an answer that hangs on it is called. */
const dimensions: readonly { readonly cause: Cause; readonly of: (scenario: Scenario) => string }[] = [
  {
    cause: { code: 'profile', message: 'who enforces authorization at the destination is not known, and it decides' },
    of: ({ dataPlane }) => dataPlane,
  },
  {
    cause: { code: 'workload-differs', message: 'the ways to the destination, or its pods, get different answers' },
    of: ({ destination }) => destination,
  },
  {
    cause: { code: 'incomplete', message: 'several PeerAuthentications compete, and which is the oldest is not known' },
    of: ({ mode }) => mode.mode,
  },
  {
    cause: {
      code: 'request',
      message:
        'the identity that the source shows is not known: it may use mutual TLS or plaintext, or has several identities',
    },
    of: ({ facts: { principal } }) => JSON.stringify(principal),
  },
];

/** The dimensions on which the outcome hangs: two scenarios that differ in nothing else have different outcomes. */
function differencesIn(explained: readonly Explained[]): readonly Cause[] {
  const causes = dimensions.filter(({ of }) =>
    explained.some((a, index) =>
      explained
        .slice(index + 1)
        .some(
          (b) =>
            a.is.outcome !== b.is.outcome &&
            of(a.scenario) !== of(b.scenario) &&
            dimensions.every((other) => other.of === of || other.of(a.scenario) === other.of(b.scenario)),
        ),
    ),
  );
  const outcomes = new Set(explained.map(({ is }) => is.outcome));
  // Where several dimensions only differ together, no single one is to blame: all that differ are named.
  const found =
    causes.length > 0 || outcomes.size < 2
      ? causes
      : dimensions.filter(({ of }) => new Set(explained.map(({ scenario }) => of(scenario))).size > 1);
  return found.map(({ cause }) => cause);
}

/** Dry-run policies without which the outcome is another than with them, and AUDIT policies that match. */
function auditedIn(scenarios: readonly Scenario[]): readonly ObjectRef[] {
  const audited = new Map<string, ObjectRef>();
  for (const scenario of scenarios) {
    if (scenario.unseen) continue;
    const { applied, chain, facts } = scenario;
    const add = ({ compiled }: AppliedPolicy): void =>
      void audited.set(refText(compiled.policy.ref), compiled.policy.ref);
    const outcome = scenarioOutcome(scenario);
    for (const dryRun of applied.dryRun) {
      if (scenarioOutcome({ ...scenario, applied: enforcing(applied, dryRun) }) !== outcome) add(dryRun);
    }
    for (const policy of applied.audit) {
      if (answersOf([policy], chain, facts, () => undefined).some(({ answer }) => answer === YES)) add(policy);
    }
  }
  return [...audited.values()];
}

function enforcing(applied: AppliedPolicies, dryRun: AppliedPolicy): AppliedPolicies {
  return dryRun.compiled.action === 'DENY'
    ? { ...applied, deny: [...applied.deny, dryRun] }
    : { ...applied, allow: [...applied.allow, dryRun] };
}

/** As people name them; a policy that is there twice counts once. */
function written(rules: readonly CompiledRule[]): ReturnType<AuthorizationEngine['matching']> {
  if (rules.length < 2) return rules.map((rule) => rule.written);
  return [...new Map(rules.map((rule) => [rule.key, rule.written])).values()];
}

function inOrder(applied: readonly AppliedPolicies[]): readonly Policy[] {
  const policies = new Set<Policy>();
  const order = ['CUSTOM', 'DENY', 'ALLOW', 'AUDIT'] as const;
  for (const action of order) {
    for (const each of applied) {
      const all = [each.custom, each.deny, each.allow, each.audit, each.dryRun].flat();
      for (const { compiled } of all) if (compiled.action === action) policies.add(compiled.policy);
    }
  }
  return [...policies];
}

function uniqueDeciders(deciders: readonly AuthorizationDecider[]): readonly AuthorizationDecider[] {
  const found = new Map(deciders.map((each) => [`${refText(each.policy)} ${each.path} ${each.action}`, each]));
  return [...found.values()];
}
