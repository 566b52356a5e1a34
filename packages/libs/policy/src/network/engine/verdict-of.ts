import type { Cause, Outcome } from '../../model/cause.ts';
import type { PeerIndex } from '../peer.ts';
import type { Direction } from '../rule.ts';
import type { Decider, NetworkQuestion, NetworkVerdict, SideVerdict } from '../verdict.ts';
import type { CompiledRules } from './compile-rules.ts';
import type { ConnectionEnds, Pair } from './connection-ends.ts';
import { noRules } from './compiled-rule.ts';
import { evaluate } from './evaluate.ts';
import type { Point } from './evaluate.ts';
import { reasonOf, wholeReason } from './reason.ts';
import { bothEnds, causesOfTrace, deciding, distinct, outcomeOf } from './segments.ts';
import { Trace } from './trace.ts';
import { titleOf } from './universe-peer.ts';

/** What a question is judged by. */
export interface Court {
  readonly compiled: CompiledRules;
  readonly ends: ConnectionEnds;
  /** Audit mode: nothing is denied. */
  readonly auditOnly: boolean;
}

/** Answers a question with its reasons. Several peers at an end give an unknown unless all answer alike. */
export function judge(question: NetworkQuestion, court: Court): NetworkVerdict {
  const { source, destination, sourceHidden = false } = question;
  const { profile } = court.compiled;
  if (!sourceHidden && court.ends.sameEnd(source, destination)) return loopback(profile);
  const pairs = court.ends.pairs(source, destination);
  if (pairs.length === 0) {
    const causes: Cause[] = [
      { code: 'incomplete', message: 'one end of the connection is nothing that is known here' },
    ];
    const side = { outcome: 'unknown', causes, reason: 'one end of the connection is not known' } as const;
    return together({ ...silent('egress'), ...side }, { ...silent('ingress'), ...side }, profile);
  }
  const verdicts = pairs.map((pair) => ofPair(pair, question, court));
  const [first, ...others] = verdicts;
  if (first === undefined || others.length === 0) return first ?? unreachable();
  return agreed(verdicts, first, differenceOf(pairs, court));
}

function loopback(profile: NetworkVerdict['profile']): NetworkVerdict {
  const reason = 'a pod always reaches itself';
  const verdict = together({ ...silent('egress'), reason }, { ...silent('ingress'), reason }, profile);
  return { ...verdict, reason };
}

function unreachable(): never {
  throw new Error('a question without pairs was judged');
}

function ofPair([from, to]: Pair, question: NetworkQuestion, court: Court): NetworkVerdict {
  const { universe, profile } = court.compiled;
  const hidden = question.sourceHidden ?? false;
  if (!hidden && from === to && universe.isOnePod(from)) return loopback(profile);
  const at = (peer: PeerIndex, hiddenPeer: boolean): Point => ({
    peer,
    destination: universe.peer(to),
    protocol: question.protocol,
    port: question.port,
    request: question.request,
    hidden: hiddenPeer,
  });
  const egress = ofEnd('egress', from, at(to, false), court);
  const ingress = ofEnd('ingress', to, at(from, hidden), court);
  return together(egress, ingress, profile);
}

function ofEnd(direction: Direction, subject: PeerIndex, at: Point, court: Court): SideVerdict {
  const { compiled, auditOnly } = court;
  const rules = compiled.of(direction, subject);
  const names = { subject: compiled.universe.peer(subject), peer: compiled.universe.peer(at.peer) };
  if (rules === noRules)
    return { ...silent(direction), reason: `no policy is about ${titleOf(names.subject)} for ${direction}` };
  const trace = new Trace();
  const outcome = outcomeOf(evaluate(rules, at, trace));
  const found = deciding(outcome, trace);
  const deciders = found.map(({ rule }): Decider => ({ policy: rule.policy, path: rule.path, action: rule.action }));
  const byDefault = outcome === 'denied' && !found.some(({ rule }) => rule.action === 'deny');
  if (byDefault || outcome === 'unknown') {
    for (const { isolation } of trace.isolations) {
      deciders.push({ policy: isolation.policy, path: isolation.path, action: 'default-deny' });
    }
  }
  const causes = outcome === 'unknown' ? causesOfTrace(trace, names.peer, at) : [];
  const requestsJudged = outcome === 'allowed' && trace.byRequest;
  const reason = reasonOf({ direction, outcome, deciders, causes, at, requestsJudged, ...names });
  if (!auditOnly || outcome === 'allowed') return { direction, outcome, deciders, reason, causes, requestsJudged };
  const audited = `audit mode lets it through; without it: ${reason}`;
  return { direction, outcome: 'allowed', deciders, reason: audited, causes: [], requestsJudged: false };
}

/** Nobody has a say. */
function silent(direction: Direction): SideVerdict {
  const reason = `nothing is enforced for ${direction}`;
  return { direction, outcome: 'allowed', deciders: [], reason, causes: [], requestsJudged: false };
}

function together(egress: SideVerdict, ingress: SideVerdict, profile: NetworkVerdict['profile']): NetworkVerdict {
  const outcome = bothEnds(egress.outcome, ingress.outcome);
  const causes = outcome === 'unknown' ? distinct([...egress.causes, ...ingress.causes]) : [];
  return { outcome, egress, ingress, reason: wholeReason(outcome, egress, ingress), causes, profile };
}

/** Why peers of one end may answer differently. */
function differenceOf(pairs: readonly Pair[], { compiled: { universe } }: Court): Cause {
  const nodes = new Set(pairs.flat().flatMap((peer) => universe.peer(peer).nodeSide ?? []));
  return nodes.size > 1
    ? { code: 'node', message: 'it depends on whether both ends are on the same node, which is not known' }
    : { code: 'workload-differs', message: 'the pods that are meant get different answers' };
}

function agreed(verdicts: readonly NetworkVerdict[], first: NetworkVerdict, difference: Cause): NetworkVerdict {
  const egress = agreedSide(
    verdicts.map((each) => each.egress),
    first.egress,
    difference,
  );
  const ingress = agreedSide(
    verdicts.map((each) => each.ingress),
    first.ingress,
    difference,
  );
  const outcomes = new Set(verdicts.map((each) => each.outcome));
  const [only = 'unknown', ...more] = outcomes;
  const outcome: Outcome = more.length === 0 ? only : 'unknown';
  const causes =
    outcome === 'unknown'
      ? distinct([...(outcomes.size > 1 ? [difference] : []), ...verdicts.flatMap((each) => each.causes)])
      : [];
  const reason = outcomes.size > 1 ? difference.message : wholeReason(outcome, egress, ingress);
  return { ...first, outcome, egress, ingress, reason, causes };
}

function agreedSide(sides: readonly SideVerdict[], first: SideVerdict, difference: Cause): SideVerdict {
  const differing = sides.find((side) => side.outcome !== first.outcome);
  const deciders = [
    ...new Map(sides.flatMap((side) => side.deciders).map((each) => [deciderKey(each), each])).values(),
  ];
  const requestsJudged = sides.some((side) => side.requestsJudged);
  if (differing === undefined) {
    return { ...first, deciders, requestsJudged, causes: distinct(sides.flatMap((side) => side.causes)) };
  }
  const causes = distinct([difference, ...sides.flatMap((side) => side.causes)]);
  const reason = `${difference.message}: ${first.reason}; ${differing.reason}`;
  return { direction: first.direction, outcome: 'unknown', deciders, reason, causes, requestsJudged: false };
}

function deciderKey({ policy, path, action }: Decider): string {
  return `${policy.kind} ${policy.namespace} ${policy.name} ${path} ${action}`;
}
