import type { Outcome } from '../model/cause.ts';
import type { Protocol } from '../model/cluster.ts';
import { bothEnds, joined, overlaps } from '../network/engine/segments.ts';
import type { Segment } from '../network/verdict.ts';

/**
 * What is said to every port, without who says it: one object for equal ones, so that patterns are compared by identity.
 * Of causes only the code is left: their messages name the peers.
 */
export interface Pattern {
  readonly id: number;
  readonly segments: readonly Segment[];
}

/** A run of ports of one protocol. */
export interface PortRun {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
}

/** Makes and combines patterns. What it keeps grows with the number of different patterns, not with that of peers. */
export class Patterns {
  readonly #byText = new Map<string, Pattern>();
  readonly #bySegments = new WeakMap<readonly Segment[], Pattern>();
  readonly #both = new Map<number, Map<number, Pattern>>();
  readonly #unions = new Map<string, Pattern>();

  /** The pattern of a side or connection. */
  of(segments: readonly Segment[]): Pattern {
    let pattern = this.#bySegments.get(segments);
    if (pattern === undefined) {
      pattern = this.#intern(joined(segments.map(bare)));
      this.#bySegments.set(segments, pattern);
    }
    return pattern;
  }

  /** Both ends together. */
  both(a: Pattern, b: Pattern): Pattern {
    if (a === b) return a;
    let known = this.#both.get(a.id);
    if (known === undefined) {
      known = new Map();
      this.#both.set(a.id, known);
    }
    let pattern = known.get(b.id);
    if (pattern === undefined) {
      pattern = this.#intern(
        joined(
          overlaps(a.segments, b.segments, (left, right) => {
            const outcome = bothEnds(left.outcome, right.outcome);
            return {
              outcome,
              rules: [],
              conditional: outcome === 'allowed' && (left.conditional || right.conditional),
              causes: outcome === 'unknown' ? codesOf([...left.causes, ...right.causes]) : [],
            };
          }),
        ),
      );
      known.set(b.id, pattern);
    }
    return pattern;
  }

  /** What any of them allows; what none allows, but one may. Undefined without patterns. */
  union(patterns: readonly Pattern[]): Pattern | undefined {
    const distinct = [...new Set(patterns)].toSorted((a, b) => a.id - b.id);
    const [first, ...rest] = distinct;
    if (first === undefined || rest.length === 0) return first;
    const key = distinct.map(({ id }) => id).join();
    let pattern = this.#unions.get(key);
    if (pattern === undefined) {
      pattern = rest.reduce((a, b) => this.#intern(joined(overlaps(a.segments, b.segments, either))), first);
      this.#unions.set(key, pattern);
    }
    return pattern;
  }

  #intern(segments: readonly Segment[]): Pattern {
    const text = segments.map(segmentText).join(' ');
    let pattern = this.#byText.get(text);
    if (pattern === undefined) {
      pattern = { id: this.#byText.size, segments };
      this.#byText.set(text, pattern);
    }
    return pattern;
  }
}

/** Ports that get another answer. `requests`: allowed before and after, but now (or no longer) request by request. */
export interface PortChange extends PortRun {
  readonly before: Outcome;
  readonly after: Outcome;
  readonly requests?: 'judged' | 'no longer judged';
}

/** The runs of ports for which two patterns differ. */
export function changesOf(before: Pattern, after: Pattern): readonly PortChange[] {
  if (before === after) return [];
  const changes: PortChange[] = [];
  let at = 0;
  for (const old of before.segments) {
    for (; at < after.segments.length; at += 1) {
      const young = after.segments[at];
      if (young === undefined || young.protocol !== old.protocol || young.from > old.to) break;
      const { protocol } = old;
      const from = Math.max(old.from, young.from);
      const to = Math.min(old.to, young.to);
      const run = { protocol, from, to, before: old.outcome, after: young.outcome };
      if (old.outcome !== young.outcome) changes.push(run);
      else if (old.conditional !== young.conditional) {
        changes.push({ ...run, requests: young.conditional ? 'judged' : 'no longer judged' });
      }
      if (young.to > old.to) break;
    }
  }
  return changes;
}

function bare({ protocol, from, to, outcome, conditional, causes }: Segment): Segment {
  return { protocol, from, to, outcome, conditional, rules: [], causes: codesOf(causes) };
}

function codesOf(causes: Segment['causes']): Segment['causes'] {
  if (causes.length === 0) return causes;
  const codes = [...new Set(causes.map(({ code }) => code))].toSorted();
  return codes.map((code) => ({ code, message: '' }));
}

function either(a: Segment, b: Segment): Omit<Segment, 'protocol' | 'from' | 'to'> {
  const sides = [a, b];
  const allowed = sides.filter(({ outcome }) => outcome === 'allowed');
  if (allowed.length > 0) {
    return { outcome: 'allowed', rules: [], conditional: allowed.every(({ conditional }) => conditional), causes: [] };
  }
  const unknown = sides.filter(({ outcome }) => outcome === 'unknown');
  if (unknown.length === 0) return { outcome: 'denied', rules: [], conditional: false, causes: [] };
  return {
    outcome: 'unknown',
    rules: [],
    conditional: false,
    causes: codesOf(unknown.flatMap(({ causes }) => causes)),
  };
}

function segmentText({ protocol, from, to, outcome, conditional, causes }: Segment): string {
  const codes = causes.map(({ code }) => code).join('+');
  return `${protocol}:${from}-${to}=${outcome}${conditional ? '?' : ''}${codes}`;
}
