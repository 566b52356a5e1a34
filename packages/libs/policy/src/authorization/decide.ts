import type { CompiledPolicy, CompiledRule, Enforcement } from './compiled-policy.ts';
import type { Facts, OnMissing } from './facts.ts';
import { NO, UNKNOWN, YES, both, either, not } from './tri.ts';
import type { Tri } from './tri.ts';

/** A policy that applies, or may apply, to a destination. */
export interface AppliedPolicy {
  readonly compiled: CompiledPolicy;
  /** Never NO. */
  readonly attached: Tri;
}

/** Policies of a destination on one data plane by what they do. */
export interface AppliedPolicies {
  readonly custom: readonly AppliedPolicy[];
  readonly deny: readonly AppliedPolicy[];
  readonly allow: readonly AppliedPolicy[];
  readonly audit: readonly AppliedPolicy[];
  readonly dryRun: readonly AppliedPolicy[];
}

/** Sorts policies into what they do; dry-run ones are set apart. */
export function byAction(policies: readonly AppliedPolicy[]): AppliedPolicies {
  const enforced = policies.filter(({ compiled }) => !compiled.dryRun);
  const of = (action: CompiledPolicy['action']): AppliedPolicy[] =>
    enforced.filter(({ compiled }) => compiled.action === action);
  return {
    custom: of('CUSTOM'),
    deny: of('DENY'),
    allow: of('ALLOW'),
    audit: of('AUDIT'),
    dryRun: policies.filter(({ compiled }) => compiled.dryRun),
  };
}

const quietly: OnMissing = () => undefined;

/**
 * Whether a request is allowed: denied by any DENY that matches; then allowed without ALLOW policies or by any ALLOW that
 * matches. A matching CUSTOM policy asks its provider first, whose answer nobody here knows: an allowed becomes unknown, a
 * denied stays.
 */
export function allowedBy(applied: AppliedPolicies, chain: Enforcement, facts: Facts): Tri {
  const denied = anyMatches(applied.deny, chain, facts);
  if (denied === YES) return NO;
  const allowed = both(not(denied), allowStage(applied.allow, chain, facts));
  if (allowed !== YES || applied.custom.length === 0) return allowed;
  return anyMatches(applied.custom, chain, facts) === NO ? YES : UNKNOWN;
}

/** Whether any policy that is attached has a rule that matches. */
export function anyMatches(policies: readonly AppliedPolicy[], chain: Enforcement, facts: Facts): Tri {
  let answer: Tri = NO;
  for (const { compiled, attached } of policies) {
    answer = either(answer, both(attached, policyMatches(compiled, chain, facts)));
    if (answer === YES) return YES;
  }
  return answer;
}

/**
 * Allowed without ALLOW policies, or by one that matches. A policy that only may apply settles it where both ways lead to
 * the same: it matches, and no other would deny by its presence.
 */
export function allowStage(policies: readonly AppliedPolicy[], chain: Enforcement, facts: Facts): Tri {
  let certain = false;
  let any: Tri = NO;
  let every: Tri = YES;
  for (const { compiled, attached } of policies) {
    const matches = policyMatches(compiled, chain, facts);
    if (attached === YES) {
      if (matches === YES) return YES;
      certain = true;
    }
    any = either(any, matches);
    every = both(every, matches);
  }
  if (certain) return any === NO ? NO : UNKNOWN;
  return every === YES ? YES : UNKNOWN;
}

function policyMatches({ rules }: CompiledPolicy, chain: Enforcement, facts: Facts): Tri {
  let answer: Tri = NO;
  for (const { matches } of rules[chain]) {
    answer = either(answer, matches(facts, quietly));
    if (answer === YES) return YES;
  }
  return answer;
}

/** A rule with its answer. */
export interface RuleAnswer {
  readonly applied: AppliedPolicy;
  readonly rule: CompiledRule;
  /** With the doubt whether the policy is attached. */
  readonly answer: Tri;
}

/** Rules of policies that match or may match; missing facts are told for those that may. */
export function answersOf(
  policies: readonly AppliedPolicy[],
  chain: Enforcement,
  facts: Facts,
  missing: OnMissing,
): readonly RuleAnswer[] {
  const answers: RuleAnswer[] = [];
  for (const applied of policies) {
    for (const rule of applied.compiled.rules[chain]) {
      const told: Parameters<OnMissing>[] = [];
      const matches = rule.matches(facts, (...fact) => void told.push(fact));
      if (matches === UNKNOWN) for (const fact of told) missing(...fact);
      if (matches !== NO && applied.attached !== YES) tellDoubt(applied, missing);
      if (matches !== NO) answers.push({ applied, rule, answer: both(matches, applied.attached) });
    }
  }
  return answers;
}

/** Why it isn't known whether a policy applies. */
export function tellDoubt({ compiled }: AppliedPolicy, missing: OnMissing): void {
  const { unsupported, policy } = compiled;
  if (unsupported === undefined)
    missing(`whether ${policy.ref.namespace}/${policy.ref.name} applies here`, 'incomplete');
  else missing(`the meaning of ${policy.ref.namespace}/${policy.ref.name}: ${unsupported.message}`, 'unsupported');
}
