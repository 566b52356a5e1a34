import type { Protocol } from '../../model/cluster.ts';
import type { Request } from '../layer7.ts';
import { layer7Allows } from '../layer7-match.ts';
import type { PeerIndex } from '../peer.ts';
import type { CompiledRule, SubjectRules } from './compiled-rule.ts';
import { MAYBE, NO, YES } from './label-index.ts';
import type { Match } from './label-index.ts';
import { matchPorts } from './port-match.ts';
import type { PortOwner } from './port-match.ts';
import type { Trace } from './trace.ts';

/** What is possible, as bits: only one of them is a sure answer, both are an unknown. */
export type Possible = 0 | 1 | 2 | 3;
export const ALLOWED = 1;
export const DENIED = 2;
export const EITHER = 3;

/** What one end is asked. */
export interface Point {
  readonly peer: PeerIndex;
  readonly destination: PortOwner;
  readonly protocol: Protocol;
  readonly port: number;
  readonly request: Request | undefined;
  /** The peer may be another than it seems. */
  readonly hidden: boolean;
}

/**
 * What one end can answer, given that each rule of which it can't be told whether it matches may or may not. Each rule is
 * asked at most once on the way to an answer, so what comes out as possible really is: for each bit there is a completion
 * of the unknowns that gives it. With a trace all that decides is written down, without one it stops as soon as it is sure.
 */
export function evaluate(subject: SubjectRules, at: Point, trace?: Trace): Possible {
  let possible = 0;
  let passable = false;
  for (const rule of subject.admin) {
    const match = matchRule(rule, at);
    if (match === NO) continue;
    trace?.rule(rule, match);
    const { action } = rule.rule;
    if (action === 'pass') {
      if (match === YES) break;
      passable = true;
      continue;
    }
    possible |= action === 'allow' ? ALLOWED : DENIED;
    if (match === MAYBE) continue;
    if (!passable) return bits(possible);
    break;
  }
  if (possible === EITHER && trace === undefined) return EITHER;
  return bits(possible | evaluateNormal(subject, at, trace));
}

function evaluateNormal(subject: SubjectRules, at: Point, trace: Trace | undefined): number {
  let possible = 0;
  let denied = false;
  for (const rule of subject.deny) {
    const match = matchRule(rule, at);
    if (match === NO) continue;
    trace?.rule(rule, match);
    possible |= DENIED;
    if (match === MAYBE) continue;
    denied = true;
    if (trace === undefined) break;
  }
  if (denied) return possible;
  const allow = evaluateAllow(subject, at, trace);
  if (allow !== 0) possible |= ALLOWED;
  if (allow === SURELY) return possible;
  if (allow === BY_REQUEST) {
    // Where it is allowed anyway, no request needs to be looked at.
    if ((evaluateDefault(subject, at, undefined) & DENIED) !== 0) trace?.conditional();
    return possible;
  }
  return possible | evaluateDefault(subject, at, trace);
}

/** No allow rule matches; perhaps one does; one does, for requests that it describes; one does. */
const PERHAPS = 1;
const BY_REQUEST = 2;
const SURELY = 3;

function evaluateAllow(subject: SubjectRules, at: Point, trace: Trace | undefined): number {
  let found = 0;
  for (const rule of subject.allow) {
    let match = matchRule(rule, at);
    if (match === NO) continue;
    const { layer7 } = rule.rule;
    let rank: number = SURELY;
    if (layer7 !== undefined) {
      if (at.request === undefined) {
        rank = BY_REQUEST;
      } else {
        const outcome = layer7Allows(layer7, at.request);
        if (outcome === 'denied') continue;
        if (outcome === 'unknown') match = MAYBE;
      }
    }
    trace?.rule(rule, match);
    if (match === MAYBE) rank = PERHAPS;
    if (rank > found) found = rank;
    if (found === SURELY && trace === undefined) break;
  }
  return found;
}

/** What holds where no rule of the normal tier matches: default deny of an isolated subject, else the baseline tier. */
function evaluateDefault(subject: SubjectRules, at: Point, trace: Trace | undefined): number {
  let possible = 0;
  let isolated = false;
  for (const isolation of subject.isolations) {
    possible |= DENIED;
    if (isolation.unsure.length === 0) isolated = true;
    trace?.isolation(isolation);
    if (isolated && trace === undefined) break;
  }
  if (isolated) return possible;
  for (const rule of subject.baseline) {
    const match = matchRule(rule, at);
    if (match === NO) continue;
    trace?.rule(rule, match);
    possible |= rule.rule.action === 'allow' ? ALLOWED : DENIED;
    if (match === YES) return possible;
  }
  return possible | ALLOWED;
}

/** Whether a rule matches a point, layer 7 left out. */
export function matchRule({ rule, peers, unsure }: CompiledRule, at: Point): Match {
  let match = peers.of(at.peer);
  if (at.hidden && !peers.everything && rule.peers.length > 0) match = MAYBE;
  if (match === NO) return NO;
  const ports = matchPorts(rule.ports, at.protocol, at.port, at.destination);
  if (ports === NO) return NO;
  return ports === MAYBE || unsure.length > 0 ? MAYBE : match;
}

function bits(possible: number): Possible {
  return possible === ALLOWED ? ALLOWED : possible === DENIED ? DENIED : EITHER;
}
