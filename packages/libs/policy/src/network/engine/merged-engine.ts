import type { Cause, Outcome } from '../../model/cause.ts';
import type { Policy } from '../../model/policy.ts';
import type { PeerIndex } from '../peer.ts';
import type { Isolation, Rule } from '../rule.ts';
import type { NetworkVerdict, Segment, SideVerdict } from '../verdict.ts';
import type { NetworkEngine } from './network-engine.ts';
import { distinct, joined, overlaps } from './segments.ts';

const profileUnknown: Cause = {
  code: 'profile',
  message: 'data planes differ here, and it is not known who enforces the policies',
};

/** Two engines over one universe as one: what both say holds, where they differ it can't be told. */
export function mergedEngine(
  a: NetworkEngine,
  b: NetworkEngine,
  withPolicies: (policies: readonly Policy[]) => NetworkEngine,
): NetworkEngine {
  const known = new Map<string, Rule>();
  for (const rule of [...a.rules, ...b.rules]) if (!known.has(ruleKey(rule))) known.set(ruleKey(rule), rule);
  const one = (rule: Rule): Rule => known.get(ruleKey(rule)) ?? rule;
  const mergedSegments = (left: readonly Segment[], right: readonly Segment[]): readonly Segment[] =>
    left === right ? left : joined(overlaps(left, right, (x, y) => mergedAnswer(x, y, one)));
  const problems = new Map([...a.problems, ...b.problems].map((each) => [JSON.stringify(each), each]));
  return {
    profile: { kind: 'unknown' },
    problems: [...problems.values()],
    peers: a.peers,
    rules: [...known.values()],
    isolations: distinctIsolations([...a.isolations, ...b.isolations]),
    podsOf: (peer) => a.podsOf(peer),
    resolve: (query) => a.resolve(query),
    pairs: (source, destination) => a.pairs(source, destination),
    verdict: (question) => mergedVerdict(a.verdict(question), b.verdict(question)),
    outcome: (...question) => mergedOutcome(a.outcome(...question), b.outcome(...question)),
    sideWithout: (...asked) => mergedSegments(a.sideWithout(...asked), b.sideWithout(...asked)),
    peersOf: (rule) => {
      const [ofA, ofB] = [a.peersOf(rule), b.peersOf(rule)];
      if (ofA === 'everything' || ofB === 'everything') return 'everything';
      return [...new Set([...ofA, ...ofB])].toSorted((x, y) => x - y);
    },
    side: (...ends) => mergedSegments(a.side(...ends), b.side(...ends)),
    reach: (direction, subject) => {
      const other = b.reach(direction, subject);
      const groupOf = new Map<PeerIndex, number>();
      for (const [group, { peers }] of other.entries()) for (const peer of peers) groupOf.set(peer, group);
      return a.reach(direction, subject).flatMap(({ peers, segments }) =>
        [...Map.groupBy(peers, (peer) => groupOf.get(peer) ?? -1)].map(([group, members]) => ({
          peers: members,
          segments: mergedSegments(segments, other[group]?.segments ?? segments),
        })),
      );
    },
    subjectClass: (direction, subject) =>
      pairClass(a.subjectClass(direction, subject), b.subjectClass(direction, subject)),
    connection: (source, destination) =>
      mergedSegments(a.connection(source, destination), b.connection(source, destination)),
    matching: (...at) => [...new Set([...a.matching(...at), ...b.matching(...at)].map(one))],
    isolating: (direction, subject) =>
      distinctIsolations([...a.isolating(direction, subject), ...b.isolating(direction, subject)]),
    affectedPeers: (rule) =>
      [...new Set([...a.affectedPeers(rule), ...b.affectedPeers(rule)])].toSorted((x, y) => x - y),
    with: withPolicies,
  };
}

/** One number for two classes, -1 only for two of it. */
function pairClass(a: number, b: number): number {
  return a === -1 && b === -1 ? -1 : (a + 1) * 2 ** 24 + (b + 1);
}

function mergedOutcome(a: Outcome, b: Outcome): Outcome {
  return a === b ? a : 'unknown';
}

function mergedAnswer(a: Segment, b: Segment, one: (rule: Rule) => Rule): Omit<Segment, 'protocol' | 'from' | 'to'> {
  const outcome = mergedOutcome(a.outcome, b.outcome);
  return {
    outcome,
    rules: [...new Set([...a.rules, ...b.rules].map(one))],
    conditional: outcome === 'allowed' && (a.conditional || b.conditional),
    causes: mergedCauses(a, b),
  };
}

function mergedCauses(
  a: { readonly outcome: Outcome; readonly causes: readonly Cause[] },
  b: { readonly outcome: Outcome; readonly causes: readonly Cause[] },
): Cause[] {
  return distinct([...(a.outcome === b.outcome ? [] : [profileUnknown]), ...a.causes, ...b.causes]);
}

function mergedVerdict(a: NetworkVerdict, b: NetworkVerdict): NetworkVerdict {
  return {
    outcome: mergedOutcome(a.outcome, b.outcome),
    egress: mergedSide(a.egress, b.egress),
    ingress: mergedSide(a.ingress, b.ingress),
    reason: mergedReason(a, b),
    causes: a.outcome === b.outcome ? distinct([...a.causes, ...b.causes]) : mergedCauses(a, b),
    profile: { kind: 'unknown' },
  };
}

function mergedSide(a: SideVerdict, b: SideVerdict): SideVerdict {
  const outcome = mergedOutcome(a.outcome, b.outcome);
  const deciders = [...a.deciders, ...b.deciders].map((each) => [JSON.stringify(each), each] as const);
  return {
    direction: a.direction,
    outcome,
    deciders: [...new Map(deciders).values()],
    reason: mergedReason(a, b),
    causes: mergedCauses(a, b),
    requestsJudged: outcome === 'allowed' && (a.requestsJudged || b.requestsJudged),
  };
}

function mergedReason(
  a: { readonly outcome: Outcome; readonly reason: string },
  b: { readonly outcome: Outcome; readonly reason: string },
): string {
  if (a.outcome === b.outcome) return a.reason;
  return `${profileUnknown.message}. By the Kubernetes API (${a.outcome}): ${a.reason}. By Cilium (${b.outcome}): ${b.reason}`;
}

function ruleKey({ policy, path, direction, action }: Rule): string {
  return `${policy.kind} ${policy.namespace} ${policy.name} ${path} ${direction} ${action}`;
}

function distinctIsolations(isolations: readonly Isolation[]): Isolation[] {
  return [...new Map(isolations.map((each) => [isolationKey(each), each])).values()];
}

function isolationKey({ policy, path, direction }: Isolation): string {
  return `${policy.kind} ${policy.namespace} ${policy.name} ${path} ${direction}`;
}
