import type { ObjectRef } from '../model/object-ref.ts';
import { refText } from '../model/object-ref.ts';
import { bothEnds } from '../network/engine/segments.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction, Isolation, Rule } from '../network/rule.ts';
import type { Segment } from '../network/verdict.ts';
import { hasSeveralPods } from '../matrix/several-pods.ts';
import type { Redundancy } from './effectiveness.ts';
import { partOf } from './written-rule.ts';
import type { WrittenRule } from './written-rule.ts';

/** So many rules are named that decide in another's place. */
const namedMax = 5;

/** Tells whether connections would change if rules were taken away, by the segments of both ends. */
export class Removal {
  readonly #engine: NetworkEngine;

  constructor(engine: NetworkEngine) {
    this.#engine = engine;
  }

  /** Why a rule has no effect; undefined when removing it changes a connection. */
  ofRule(rule: WrittenRule): Redundancy | undefined {
    const { direction, parts } = rule;
    const subjects = new Set(
      parts.flatMap((part) => this.#engine.affectedPeers(part)).filter((peer) => this.#isReal(peer)),
    );
    if (subjects.size === 0) return { why: 'selects nobody', by: [] };
    const members = this.#members(parts);
    if (members?.size === 0) return { why: 'matches no peer', by: [] };
    const by = new Map<string, Redundancy['by'][number]>();
    const found = { otherEnd: false, shadowed: false };
    const leftOut = partOf(rule);
    const seen = new Set<number>();
    for (const subject of subjects) {
      const first = isFirstOf(seen, this.#engine.subjectClass(direction, subject));
      for (const { peers } of this.#engine.reach(direction, subject)) {
        const [head] = peers;
        if (head === undefined || !peers.some((peer) => members?.has(peer) ?? this.#isReal(peer))) continue;
        const change = this.#sideChange(direction, subject, head, leftOut);
        if (change !== undefined) {
          if (this.#reaches(direction, subject, peers, change)) return undefined;
          found.otherEnd = true;
        } else if (first) {
          found.shadowed = this.#deciders(rule, subject, head, by) || found.shadowed;
        }
      }
    }
    const why = found.otherEnd ? 'other end denies' : found.shadowed ? 'shadowed' : 'others say the same';
    return { why, by: found.otherEnd ? [] : [...by.values()].slice(0, namedMax) };
  }

  /** Peers that a rule may match; undefined: everything. */
  #members(parts: WrittenRule['parts']): ReadonlySet<PeerIndex> | undefined {
    const members = new Set<PeerIndex>();
    for (const part of parts) {
      const matched = this.#engine.peersOf(part);
      if (matched === 'everything') return undefined;
      for (const peer of matched) if (this.#isReal(peer)) members.add(peer);
    }
    return members;
  }

  /** Whether removing a whole policy changes no connection. */
  ofPolicy(policy: ObjectRef, parts: readonly (Rule | Isolation)[]): boolean {
    const own = (each: Rule | Isolation): boolean => samePolicy(each.policy, policy);
    for (const direction of ['ingress', 'egress'] as const) {
      const inDirection = parts.filter((each) => each.direction === direction);
      const subjects = new Set(inDirection.flatMap((each) => this.#engine.affectedPeers(each)));
      for (const subject of subjects) {
        if (!this.#isReal(subject)) continue;
        for (const { peers } of this.#engine.reach(direction, subject)) {
          const [head] = peers;
          const change = head === undefined ? undefined : this.#sideChange(direction, subject, head, own);
          if (change !== undefined && this.#reaches(direction, subject, peers, change)) return false;
        }
      }
    }
    return true;
  }

  /** What one end would say otherwise; undefined when nothing. */
  #sideChange(
    direction: Direction,
    subject: PeerIndex,
    peer: PeerIndex,
    leftOut: (each: Rule | Isolation) => boolean,
  ): SideChange | undefined {
    const before = this.#engine.side(direction, subject, peer);
    const after = this.#engine.sideWithout(direction, subject, peer, leftOut);
    const runs = differingRuns(before, after, leftOut);
    return runs.length === 0 ? undefined : { runs };
  }

  /** Whether a change of one end changes a connection with any of these peers: not where the other end denies anyway. */
  #reaches(direction: Direction, subject: PeerIndex, peers: readonly PeerIndex[], { runs }: SideChange): boolean {
    const opposite = direction === 'ingress' ? 'egress' : 'ingress';
    return peers.some((peer) => {
      if (!this.#isReal(peer) || (peer === subject && !hasSeveralPods(this.#engine, peer))) return false;
      const other = this.#engine.side(opposite, peer, subject);
      return runs.some(({ before, after }) =>
        other.some(
          (segment) =>
            segment.protocol === before.protocol &&
            segment.from <= Math.min(before.to, after.to) &&
            segment.to >= Math.max(before.from, after.from) &&
            changesWith(segment, before, after),
        ),
      );
    });
  }

  /** Collects what decides where the rule would; true when it says otherwise than the rule. */
  #deciders(
    rule: WrittenRule,
    subject: PeerIndex,
    peer: PeerIndex,
    by: Map<string, Redundancy['by'][number]>,
  ): boolean {
    const wanted = rule.action === 'deny' ? 'denied' : 'allowed';
    let otherwise = false;
    for (const segment of this.#engine.sideWithout(rule.direction, subject, peer, partOf(rule))) {
      if (!rule.parts.some((part) => mayCover(part, segment))) continue;
      if (segment.outcome !== wanted && rule.action !== 'pass') otherwise = true;
      for (const { policy, path } of segment.rules) by.set(`${refText(policy)} ${path}`, { policy, path });
    }
    return otherwise;
  }

  /** Pods that are gone are no reason to keep a rule. */
  #isReal(peer: PeerIndex): boolean {
    return this.#engine.peers[peer]?.kind !== 'pod' || this.#engine.podsOf(peer).length > 0;
  }
}

/** Runs of ports for which one end says something else. */
interface SideChange {
  readonly runs: readonly { readonly before: Segment; readonly after: Segment }[];
}

/**
 * Where answers differ. Two different descriptions of allowed requests are not compared: where requests were judged by a rule
 * that is taken away, it counts as a difference.
 */
function differingRuns(
  before: readonly Segment[],
  after: readonly Segment[],
  leftOut: (each: Rule) => boolean,
): SideChange['runs'] {
  const runs: { before: Segment; after: Segment }[] = [];
  let at = 0;
  for (const old of before) {
    for (; at < after.length; at += 1) {
      const young = after[at];
      if (young === undefined || young.protocol !== old.protocol || young.from > old.to) break;
      const requests = old.conditional && old.rules.some((rule) => rule.layer7 !== undefined && leftOut(rule));
      if (old.outcome !== young.outcome || old.conditional !== young.conditional || requests) {
        runs.push({ before: old, after: young });
      }
      if (young.to > old.to) break;
    }
  }
  return runs;
}

function changesWith(other: Segment, before: Segment, after: Segment): boolean {
  const [was, is] = [bothEnds(before.outcome, other.outcome), bothEnds(after.outcome, other.outcome)];
  // Equal outcomes differ in the requests that they allow.
  return was !== is || (was !== 'denied' && before.outcome === after.outcome);
}

/** Whether a rule can say something about some of these ports, as far as numbers tell. */
function mayCover({ ports }: Rule, { protocol, from, to }: Segment): boolean {
  if (ports === 'all') return true;
  return ports.some((term) => {
    if (term.protocol !== protocol && (term.protocol !== 'any' || protocol.startsWith('ICMP'))) return false;
    return 'name' in term || (term.from <= to && from <= term.to);
  });
}

function samePolicy(a: ObjectRef, b: ObjectRef): boolean {
  return a.name === b.name && a.namespace === b.namespace && a.kind === b.kind;
}

function isFirstOf(seen: Set<number>, id: number): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  return true;
}
