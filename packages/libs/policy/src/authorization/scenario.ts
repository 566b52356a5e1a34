import type { CauseCode, Outcome } from '../model/cause.ts';
import { refText } from '../model/object-ref.ts';
import type { Enforcement } from './compiled-policy.ts';
import type { DataPlane } from './data-plane.ts';
import { allowStage, allowedBy, answersOf, anyMatches, tellDoubt } from './decide.ts';
import type { AppliedPolicies, RuleAnswer } from './decide.ts';
import type { Facts } from './facts.ts';
import type { ModeInForce } from './peer-authentication.ts';
import type { AuthorizationDecider } from './request.ts';
import { NO, UNKNOWN, YES } from './tri.ts';
import type { Tri } from './tri.ts';

/** One way in which things may be, as far as is known; with everything known there is only one. */
export interface Scenario {
  /** Which of several kinds of pods, or targets of a waypoint. */
  readonly destination: string;
  readonly dataPlane: DataPlane;
  readonly applied: AppliedPolicies;
  readonly chain: Enforcement;
  readonly mode: ModeInForce;
  readonly facts: Facts;
  /** Nothing looks at the connection: no data plane, or a port that the sidecar doesn't capture. */
  readonly unseen: boolean;
}

/** What a scenario comes to. */
export interface Explanation {
  readonly outcome: Outcome;
  readonly deciders: readonly AuthorizationDecider[];
  readonly reason: string;
  readonly missing: ReadonlyMap<string, CauseCode>;
}

/** The outcome of one scenario. */
export function scenarioOutcome({ unseen, mode, facts, applied, chain }: Scenario): Outcome {
  if (unseen) return 'allowed';
  if (mode.mode === 'STRICT' && facts.principal === 'none') return 'denied';
  return outcomeOf(allowedBy(applied, chain, facts));
}

/** A three-valued "allowed" as outcome. */
export function outcomeOf(allowed: Tri): Outcome {
  return allowed === YES ? 'allowed' : allowed === NO ? 'denied' : 'unknown';
}

/** The outcome of one scenario with what decided and what is missing. */
export function explain(scenario: Scenario): Explanation {
  const { unseen, mode, facts, applied, chain, dataPlane } = scenario;
  const missing = new Map<string, CauseCode>();
  const nothing = { deciders: [], missing };
  if (unseen) {
    const why = dataPlane === 'none' ? 'the destination is not in the mesh' : 'the sidecar does not capture this port';
    return { ...nothing, outcome: 'allowed', reason: `nothing enforces authorization: ${why}` };
  }
  if (mode.mode === 'STRICT' && facts.principal === 'none') {
    const { policy, path } = mode;
    const deciders = policy === undefined ? [] : [{ policy: policy.ref, path, action: 'DENY' as const }];
    const by = policy === undefined ? 'the mesh' : refText(policy.ref);
    return {
      deciders,
      missing,
      outcome: 'denied',
      reason: `${by} is STRICT: plaintext is rejected; mutual TLS would be needed`,
    };
  }
  const tell = (fact: string, code: CauseCode = 'request'): void => void missing.set(fact, code);
  const denies = answersOf(applied.deny, chain, facts, tell);
  const denied = anyMatches(applied.deny, chain, facts);
  if (denied === YES) {
    return {
      deciders: decidersOf(certain(denies), 'DENY'),
      missing: new Map(),
      outcome: 'denied',
      reason: `denied by ${names(certain(denies))}`,
    };
  }
  const allowed = allowStage(applied.allow, chain, facts);
  if (allowed === NO) {
    const policies = applied.allow.map(({ compiled }) => compiled.policy);
    const deciders = policies.map(({ ref, specs }) => ({
      policy: ref,
      path: specs[0]?.path ?? 'spec',
      action: 'default-deny' as const,
    }));
    const reason = `no rule of the ALLOW policies matches: ${policies.map(({ ref }) => refText(ref)).join(', ')}; one that matches would be needed`;
    return { deciders, missing: new Map(), outcome: 'denied', reason };
  }
  const allows = answersOf(applied.allow, chain, facts, allowed === YES ? () => undefined : tell);
  if (allowed === UNKNOWN) for (const policy of applied.allow) if (policy.attached !== YES) tellDoubt(policy, tell);
  const customs = answersOf(applied.custom, chain, facts, tell);
  for (const { applied: policy } of customs) {
    tell(`the answer of the external provider of ${refText(policy.compiled.policy.ref)}`, 'provider');
  }
  if (denied === NO && allowed === YES && customs.length === 0) {
    const reason =
      applied.allow.length === 0
        ? 'no ALLOW policy applies and no DENY rule matches'
        : `allowed by ${names(certain(allows))}`;
    return { deciders: decidersOf(certain(allows), 'ALLOW'), missing: new Map(), outcome: 'allowed', reason };
  }
  const deciders = [...decidersOf(customs, 'CUSTOM'), ...decidersOf(denies, 'DENY'), ...decidersOf(allows, 'ALLOW')];
  return { deciders, missing, outcome: 'unknown', reason: `not known: ${[...missing.keys()].join('; ')}` };
}

function certain(answers: readonly RuleAnswer[]): readonly RuleAnswer[] {
  const sure = answers.filter(({ answer }) => answer === YES);
  return sure.length > 0 ? sure : answers;
}

function decidersOf(answers: readonly RuleAnswer[], action: AuthorizationDecider['action']): AuthorizationDecider[] {
  return answers.map(({ applied, rule }) => ({ policy: applied.compiled.policy.ref, path: rule.path, action }));
}

function names(answers: readonly RuleAnswer[]): string {
  return answers.map(({ applied, rule }) => `${refText(applied.compiled.policy.ref)} ${rule.path}`).join(', ');
}
