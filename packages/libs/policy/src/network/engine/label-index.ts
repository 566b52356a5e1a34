import { meets } from '../../model/selector.ts';
import type { Requirement, Selector } from '../../model/selector.ts';
import type { PeerIndex } from '../peer.ts';
import { PeerSet } from './peer-set.ts';
import type { UniversePeer } from './universe-peer.ts';

/** No, yes, or it can't be told. */
export type Match = 0 | 1 | 2;
export const NO = 0;
export const YES = 1;
export const MAYBE = 2;

/** Whom a selector selects, and of whom it can't be told. */
export interface Selected {
  readonly yes: PeerSet;
  readonly maybe: PeerSet;
}

/** Peers by label, so that a selector looks only at those that have its rarest one. */
export class LabelIndex {
  readonly #peers: readonly UniversePeer[];
  readonly #postings = new Map<string, { readonly all: PeerIndex[]; readonly byValue: Map<string, PeerIndex[]> }>();
  readonly #unsure: readonly PeerIndex[];
  readonly #everyone: readonly PeerIndex[];
  readonly #selected = new Map<string, Selected>();

  /** Of the first `count` peers. */
  constructor(peers: readonly UniversePeer[], count: number) {
    this.#peers = peers.slice(0, count);
    this.#unsure = this.#peers.filter((peer) => peer.unknownLabels.length > 0).map((peer) => peer.index);
    this.#everyone = this.#peers.map((peer) => peer.index);
    for (const { index, labels } of this.#peers) {
      for (const [key, value] of labels) {
        let posting = this.#postings.get(key);
        if (posting === undefined) {
          posting = { all: [], byValue: new Map() };
          this.#postings.set(key, posting);
        }
        posting.all.push(index);
        const same = posting.byValue.get(value);
        if (same === undefined) posting.byValue.set(value, [index]);
        else same.push(index);
      }
    }
  }

  /** Kept by the selector's text. */
  select(selector: Selector): Selected {
    const key = selectorText(selector);
    let selected = this.#selected.get(key);
    if (selected === undefined) {
      selected = this.#evaluate(selector);
      this.#selected.set(key, selected);
    }
    return selected;
  }

  #evaluate(selector: Selector): Selected {
    const candidates = this.#candidates(selector);
    const yes: PeerIndex[] = [];
    const maybe: PeerIndex[] = [];
    for (const index of this.#unsure.length === 0 ? candidates : [...candidates, ...this.#unsure]) {
      const peer = this.#peers[index];
      if (peer === undefined) continue;
      const match = matchLabels(selector, peer);
      if (match === YES) yes.push(index);
      else if (match === MAYBE) maybe.push(index);
    }
    return { yes: PeerSet.of(yes), maybe: PeerSet.of(maybe) };
  }

  /** The shortest list that holds all that are surely selected. */
  #candidates(selector: Selector): readonly PeerIndex[] {
    let best = this.#everyone;
    for (const { key, operator, values } of selector) {
      if (operator !== 'In' && operator !== 'Exists') continue;
      const posting = this.#postings.get(key);
      if (posting === undefined) return [];
      const list = operator === 'Exists' ? posting.all : listOf(posting.byValue, values);
      if (list.length < best.length) best = list;
    }
    return best;
  }
}

/** Whether a peer's labels meet a selector. */
export function matchLabels(selector: Selector, peer: Pick<UniversePeer, 'labels' | 'unknownLabels'>): Match {
  let match: Match = YES;
  for (const requirement of selector) {
    const value = peer.labels.get(requirement.key);
    if (value === undefined && peer.unknownLabels.some((prefix) => requirement.key.startsWith(prefix))) match = MAYBE;
    else if (!meets(requirement, value)) return NO;
  }
  return match;
}

/** One text for equal selectors. */
export function selectorText(selector: Selector): string {
  return selector.map(requirementText).join('&');
}

function requirementText({ key, operator, values }: Requirement): string {
  return `${key} ${operator} ${values.join()}`;
}

function listOf(byValue: ReadonlyMap<string, PeerIndex[]>, values: readonly string[]): readonly PeerIndex[] {
  const [only = '', ...rest] = values;
  if (rest.length === 0) return byValue.get(only) ?? [];
  return values.flatMap((value) => byValue.get(value) ?? []);
}
