import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction } from '../network/rule.ts';
import { nodeEnds, rangeEnds, entityEnds, workloadEnds } from './ends.ts';
import type { End } from './ends.ts';
import { joinedPairs } from './joined-pairs.ts';
import type { ChangedPair, EndPair } from './joined-pairs.ts';
import { Patterns, changesOf } from './patterns.ts';
import type { Pattern, PortChange } from './patterns.ts';
import { Rows, changedPeers, sealedPeers } from './rows.ts';
import { hasSeveralPods } from './several-pods.ts';
import type { Touched } from './touched-subjects.ts';

/** With more subjects touched, whole rows of the other ends are made, since most of each will be asked for. */
const fewTouchedMax = 100;

interface Engines {
  readonly before: NetworkEngine;
  readonly after: NetworkEngine;
}

/** The pairs whose connection changes, in the order of the ends. Neighbouring ranges that change alike are one. */
export function changedPairs(engines: Engines, touched: Touched): readonly ChangedPair[] {
  return new PairChanges(engines, touched).pairs();
}

/** What changed between two ends, peer by peer. */
interface Tally {
  readonly source: number;
  readonly destination: number;
  /** Most often all pairs of peers change alike: then there are no others. */
  readonly changes: readonly PortChange[];
  count: number;
  readonly others: Set<readonly PortChange[]> | undefined;
}

class PairChanges {
  readonly #engines: Engines;
  readonly #touched: Touched;
  readonly #fewTouched: boolean;
  readonly #patterns = new Patterns();
  readonly #before: Rows;
  readonly #after: Rows;
  readonly #ends: readonly End[];
  readonly #endOf: (number | undefined)[] = [];
  readonly #everybody: readonly PeerIndex[];
  readonly #tallies = new Map<number, Tally>();
  readonly #byText = new Map<string, readonly PortChange[]>();
  readonly #changes = new Map<Pattern, Map<Pattern, readonly PortChange[]>>();

  constructor(engines: Engines, touched: Touched) {
    const { before, after } = engines;
    this.#engines = engines;
    this.#touched = touched;
    this.#fewTouched = touched.subjects.egress.size + touched.subjects.ingress.size <= fewTouchedMax;
    this.#before = new Rows(before, this.#patterns);
    this.#after = new Rows(after, this.#patterns);
    this.#ends = [
      ...workloadEnds(after),
      ...entityEnds(after),
      ...nodeEnds(after),
      ...rangeEnds(after, (peer) => peer),
    ];
    for (const [index, { peers }] of this.#ends.entries()) for (const peer of peers) this.#endOf[peer] = index;
    this.#everybody = sealedPeers(after).map(({ index }) => index);
  }

  pairs(): readonly ChangedPair[] {
    for (const direction of ['egress', 'ingress'] as const) {
      for (const subject of this.#touched.subjects[direction]) this.#compare(direction, subject);
    }
    const found = [...this.#tallies.values()].toSorted((a, b) => a.source - b.source || a.destination - b.destination);
    return joinedPairs(
      this.#ends,
      found.map((tally) => this.#result(tally)),
    );
  }

  /** Counts all connections of a subject that change because its own end says something else. */
  #compare(direction: Direction, subject: PeerIndex): void {
    if (this.#endOf[subject] === undefined) return;
    const old = this.#before.of(direction, subject);
    const young = this.#after.of(direction, subject);
    for (const peer of changedPeers(old, young, this.#everybody)) {
      // The other end's change is counted with its own subject; both at once only here, with the source.
      const both = direction === 'ingress' && this.#changesToo('egress', peer, subject);
      if (both || (peer === subject && !hasSeveralPods(this.#engines.after, peer))) continue;
      const [source, destination] = direction === 'egress' ? [subject, peer] : [peer, subject];
      this.#count(source, destination);
    }
  }

  #changesToo(direction: Direction, subject: PeerIndex, peer: PeerIndex): boolean {
    if (!this.#touched.subjects[direction].has(subject)) return false;
    return this.#before.side(direction, subject, peer) !== this.#after.side(direction, subject, peer);
  }

  #count(source: PeerIndex, destination: PeerIndex): void {
    const from = this.#endOf[source];
    const to = this.#endOf[destination];
    if (from === undefined || to === undefined) return;
    const changes = this.#changesBetween(source, destination);
    if (changes.length === 0) return;
    const key = from * this.#ends.length + to;
    const tally = this.#tallies.get(key);
    if (tally === undefined) {
      this.#tallies.set(key, { source: from, destination: to, changes, count: 1, others: undefined });
    } else if (tally.changes === changes) {
      tally.count += 1;
    } else {
      const others = tally.others ?? new Set();
      this.#tallies.set(key, { ...tally, others: others.add(changes) });
    }
  }

  /** The same object for the same change. */
  #changesBetween(source: PeerIndex, destination: PeerIndex): readonly PortChange[] {
    const before = this.#both(this.#before, source, destination, this.#before);
    const after = this.#both(this.#after, source, destination, this.#before);
    let known = this.#changes.get(before);
    if (known === undefined) {
      known = new Map();
      this.#changes.set(before, known);
    }
    let changes = known.get(after);
    if (changes === undefined) {
      const found = changesOf(before, after);
      const text = JSON.stringify(found);
      changes = this.#byText.get(text) ?? found;
      this.#byText.set(text, changes);
      known.set(after, changes);
    }
    return changes;
  }

  /** Rows of subjects that the change does not touch are the same in both engines: made once, of the first. */
  #both(rows: Rows, source: PeerIndex, destination: PeerIndex, untouched: Rows): Pattern {
    const { egress, ingress } = this.#touched.subjects;
    const how = this.#fewTouched ? 'single' : 'side';
    return this.#patterns.both(
      (egress.has(source) ? rows : untouched)[how]('egress', source, destination),
      (ingress.has(destination) ? rows : untouched)[how]('ingress', destination, source),
    );
  }

  #result({ source, destination, changes: first, count, others }: Tally): EndPair {
    const changes = others === undefined ? first : [...new Set([...first, ...[...others].flat()])];
    return {
      source: { first: source, last: source },
      destination: { first: destination, last: destination },
      changes,
      differing: others !== undefined || count < this.#pairCount(source, destination),
    };
  }

  #pairCount(source: number, destination: number): number {
    const [from, to] = [this.#ends[source]?.peers ?? [], this.#ends[destination]?.peers ?? []];
    if (source !== destination) return from.length * to.length;
    return from.length * to.length - from.filter((peer) => !hasSeveralPods(this.#engines.after, peer)).length;
  }
}
