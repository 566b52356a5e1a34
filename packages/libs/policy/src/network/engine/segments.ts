import type { Cause, Outcome } from '../../model/cause.ts';
import type { Protocol } from '../../model/cluster.ts';
import type { PeerIndex } from '../peer.ts';
import type { Rule } from '../rule.ts';
import type { Segment } from '../verdict.ts';
import { relevantTo } from './compiled-rule.ts';
import type { CompiledRule, SubjectRules } from './compiled-rule.ts';
import { causesOf } from './causes.ts';
import { ALLOWED, DENIED, evaluate } from './evaluate.ts';
import type { Point, Possible } from './evaluate.ts';
import { addEdges, PORTS_OF, PROTOCOLS } from './port-match.ts';
import type { PortOwner } from './port-match.ts';
import { Trace } from './trace.ts';
import type { UniversePeer } from './universe-peer.ts';

/** A segment before protocol and ports are known. */
export type Answer = Omit<Segment, 'protocol' | 'from' | 'to'>;

/** What an end without any rules says. */
export const openAnswer: Answer = { outcome: 'allowed', rules: [], conditional: false, causes: [] };

/** The outcome of what is possible. */
export function outcomeOf(possible: Possible): Outcome {
  return possible === ALLOWED ? 'allowed' : possible === DENIED ? 'denied' : 'unknown';
}

/** Everything is answered alike. */
export function uniform(answer: Answer): Segment[] {
  return PROTOCOLS.map((protocol) => ({ protocol, ...PORTS_OF[protocol], ...answer }));
}

/**
 * What a subject's rules say to all ports of a peer. Where none of them is about the peer, it is the same for every such peer:
 * `silences` keeps it for the subject's rules.
 */
export function sideSegments(
  subject: SubjectRules,
  peer: { readonly index: PeerIndex; readonly facts: UniversePeer },
  destination: PortOwner,
  silences?: WeakMap<SubjectRules, readonly Segment[]>,
): readonly Segment[] {
  const relevant = relevantTo(subject, peer.index);
  const rules = [relevant.admin, relevant.deny, relevant.allow, relevant.baseline].flat();
  const answer = (protocol: Protocol, port: number): Answer =>
    answerAt(relevant, peer.facts, {
      peer: peer.index,
      destination,
      protocol,
      port,
      request: undefined,
      hidden: false,
    });
  if (rules.length === 0) {
    const silence = silences?.get(subject) ?? uniform(answer('TCP', PORTS_OF.TCP.from));
    silences?.set(subject, silence);
    return silence;
  }
  return PROTOCOLS.flatMap((protocol) => {
    const { from, to } = PORTS_OF[protocol];
    const edges = new Set<number>([from]);
    for (const { rule } of rules) addEdges(rule.ports, protocol, destination, edges);
    const starts = [...edges].filter((edge) => edge >= from && edge <= to).toSorted((a, b) => a - b);
    return joined(
      starts.map((start, index) => ({
        protocol,
        from: start,
        to: (starts[index + 1] ?? to + 1) - 1,
        ...answer(protocol, start),
      })),
    );
  });
}

/** The answer at one point, with what decides. */
export function answerAt(subject: SubjectRules, peer: UniversePeer, at: Point): Answer {
  const trace = new Trace();
  const outcome = outcomeOf(evaluate(subject, at, trace));
  return {
    outcome,
    rules: deciding(outcome, trace).map(({ rule }) => rule),
    conditional: outcome === 'allowed' && trace.byRequest,
    causes: outcome === 'unknown' ? causesOfTrace(trace, peer, at) : [],
  };
}

/** Rules that decided, in the order of evaluation; passes first, because they lead there. */
export function deciding(outcome: Outcome, { sure, unsure }: Trace): CompiledRule[] {
  const { action } = { action: outcome === 'allowed' ? 'allow' : 'deny' } as const;
  if (outcome === 'unknown') return [...unsure, ...sure];
  return sure.filter(({ rule }) => rule.action === action || rule.action === 'pass');
}

/** Why a traced answer is unknown. */
export function causesOfTrace({ unsure, isolations }: Trace, peer: UniversePeer, at: Point): Cause[] {
  const causes = [
    ...unsure.flatMap((rule) => causesOf(rule, at, peer)),
    ...isolations.flatMap((isolation) => isolation.unsure),
  ];
  return distinct(causes);
}

/** Each cause once. */
export function distinct(causes: readonly Cause[]): Cause[] {
  return [...new Map(causes.map((cause) => [`${cause.code} ${cause.message}`, cause])).values()];
}

/** Joins neighbours that answer alike. */
export function joined(segments: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  for (const segment of segments) {
    const before = result.at(-1);
    if (before !== undefined && before.protocol === segment.protocol && alike(before, segment)) {
      result[result.length - 1] = { ...before, to: segment.to };
    } else {
      result.push(segment);
    }
  }
  return result;
}

/** Both ends together: denied when one denies for sure, allowed when both allow. */
export function intersected(a: readonly Segment[], b: readonly Segment[]): Segment[] {
  return joined(
    overlaps(a, b, (left, right) => {
      const outcome = bothEnds(left.outcome, right.outcome);
      const sides = [left, right].filter((side) => outcome !== 'denied' || side.outcome === 'denied');
      return {
        outcome,
        rules: sides.flatMap((side) => side.rules),
        conditional: outcome === 'allowed' && (left.conditional || right.conditional),
        causes: outcome === 'unknown' ? distinct([...left.causes, ...right.causes]) : [],
      };
    }),
  );
}

/** Both ends must allow. */
export function bothEnds(a: Outcome, b: Outcome): Outcome {
  if (a === 'denied' || b === 'denied') return 'denied';
  return a === 'allowed' && b === 'allowed' ? 'allowed' : 'unknown';
}

/** Answers for the common parts of two lists that both cover everything in the same order. */
export function overlaps(
  a: readonly Segment[],
  b: readonly Segment[],
  combine: (a: Segment, b: Segment) => Answer,
): Segment[] {
  const result: Segment[] = [];
  let j = 0;
  for (const left of a) {
    for (; j < b.length; j += 1) {
      const right = b[j];
      if (right === undefined || right.protocol !== left.protocol || right.from > left.to) break;
      const { protocol } = left;
      result.push({
        protocol,
        from: Math.max(left.from, right.from),
        to: Math.min(left.to, right.to),
        ...combine(left, right),
      });
      if (right.to > left.to) break;
    }
  }
  return result;
}

function alike(a: Answer, b: Answer): boolean {
  return (
    a.outcome === b.outcome &&
    a.conditional === b.conditional &&
    sameRules(a.rules, b.rules) &&
    a.causes.length === b.causes.length &&
    a.causes.every((cause, index) => cause.message === b.causes[index]?.message && cause.code === b.causes[index].code)
  );
}

function sameRules(a: readonly Rule[], b: readonly Rule[]): boolean {
  return a.length === b.length && a.every((rule, index) => rule === b[index]);
}
