import type { Cause } from '../../model/cause.ts';
import type { Isolation, Rule } from '../rule.ts';
import type { PeerIndex } from '../peer.ts';
import { NO } from './label-index.ts';
import type { PeerMatch } from './peer-match.ts';

/** A rule ready to be asked. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly peers: PeerMatch;
  /** It can't be told whether it matches where it would: parts are not known, or whether it is about the subject. */
  readonly unsure: readonly Cause[];
  /** Part of the profile, no policy: own-node traffic and the like. */
  readonly builtIn: boolean;
}

/** An isolation, with the causes for which it is unsure. */
export interface CompiledIsolation {
  readonly isolation: Isolation;
  readonly unsure: readonly Cause[];
}

/** All that has a say over one direction of a subject, in the order of evaluation. */
export interface SubjectRules {
  /** Ordered; so are the rules of `baseline`. */
  readonly admin: readonly CompiledRule[];
  readonly deny: readonly CompiledRule[];
  readonly allow: readonly CompiledRule[];
  readonly baseline: readonly CompiledRule[];
  readonly isolations: readonly CompiledIsolation[];
}

/** Nothing has a say. */
export const noRules: SubjectRules = { admin: [], deny: [], allow: [], baseline: [], isolations: [] };

/** Sorts rules into their tiers. */
export function subjectRules(rules: readonly CompiledRule[], isolations: readonly CompiledIsolation[]): SubjectRules {
  if (rules.length === 0 && isolations.length === 0) return noRules;
  const of = (tier: Rule['tier']): CompiledRule[] => rules.filter((each) => each.rule.tier === tier);
  const normal = of('normal');
  return {
    admin: of('admin').toSorted(byOrder),
    deny: normal.filter((each) => each.rule.action === 'deny'),
    allow: normal.filter((each) => each.rule.action === 'allow'),
    baseline: of('baseline').toSorted(byOrder),
    isolations,
  };
}

/** Lower order first, then the policy's name; rules of one policy keep their place (sorting is stable). */
function byOrder({ rule: a }: CompiledRule, { rule: b }: CompiledRule): number {
  if (a.order !== b.order) return a.order - b.order;
  return a.policy.name === b.policy.name ? 0 : a.policy.name < b.policy.name ? -1 : 1;
}

/** Only those that match a peer, or may. */
export function relevantTo({ admin, deny, allow, baseline, isolations }: SubjectRules, peer: PeerIndex): SubjectRules {
  return {
    admin: matching(admin, peer),
    deny: matching(deny, peer),
    allow: matching(allow, peer),
    baseline: matching(baseline, peer),
    isolations,
  };
}

/** Many pairs have none of a kind: those share this. */
const none: readonly CompiledRule[] = [];

function matching(rules: readonly CompiledRule[], peer: PeerIndex): readonly CompiledRule[] {
  let found: CompiledRule[] | undefined;
  for (const rule of rules) {
    if (rule.peers.of(peer) === NO) continue;
    if (found === undefined) found = [rule];
    else found.push(rule);
  }
  return found ?? none;
}

/** Number of rules. */
export function ruleCount({ admin, deny, allow, baseline }: SubjectRules): number {
  return admin.length + deny.length + allow.length + baseline.length;
}

/** The same without some rules and isolations. */
export function without(
  { admin, deny, allow, baseline, isolations }: SubjectRules,
  leftOut: (each: Rule | Isolation) => boolean,
): SubjectRules {
  const kept = ({ rule }: CompiledRule): boolean => !leftOut(rule);
  return {
    admin: admin.filter(kept),
    deny: deny.filter(kept),
    allow: allow.filter(kept),
    baseline: baseline.filter(kept),
    isolations: isolations.filter(({ isolation }) => !leftOut(isolation)),
  };
}
