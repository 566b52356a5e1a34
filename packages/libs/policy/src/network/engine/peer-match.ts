import type { PeerIndex } from '../peer.ts';
import type { PeerTerm } from '../rule.ts';
import { AddressIndex } from './address-index.ts';
import { blockOfTerm, matchBlock } from './address-match.ts';
import { matchName } from './dns-name-match.ts';
import { LabelIndex, matchLabels, MAYBE, NO, selectorText, YES } from './label-index.ts';
import type { Match, Selected } from './label-index.ts';
import { PeerSet } from './peer-set.ts';
import type { Universe } from './universe.ts';

/** Which peers the terms of a rule match. */
export class PeerMatch {
  /** Every peer for sure, whoever it is. */
  readonly everything: boolean;
  readonly #terms: readonly PeerTerm[];
  readonly #universe: Universe;
  readonly #yes: PeerSet;
  readonly #maybe: PeerSet;
  readonly #late = new Map<PeerIndex, Match>();

  constructor(terms: readonly PeerTerm[], universe: Universe, { yes, maybe }: Selected) {
    this.#terms = terms;
    this.#universe = universe;
    this.everything = terms.some((term) => term.kind === 'everything');
    this.#yes = yes;
    this.#maybe = maybe;
  }

  of(peer: PeerIndex): Match {
    if (this.everything) return YES;
    if (peer >= this.#universe.sealed) return this.#ofLate(peer);
    return this.#yes.has(peer) ? YES : this.#maybe.has(peer) ? MAYBE : NO;
  }

  /** Peers that may match, late ones left out; undefined: all. */
  members(): readonly PeerIndex[] | undefined {
    if (this.everything) return undefined;
    return [...this.#yes.members(), ...this.#maybe.members()];
  }

  /** The terms that make it unknown for a peer. */
  unsure(peer: PeerIndex): readonly PeerTerm[] {
    return this.#terms.filter((term) => matchTerm(term, this.#universe, peer) === MAYBE);
  }

  #ofLate(peer: PeerIndex): Match {
    let match = this.#late.get(peer);
    if (match === undefined) {
      match = NO;
      for (const term of this.#terms) {
        const each = matchTerm(term, this.#universe, peer);
        if (each === YES || (each === MAYBE && match === NO)) match = each;
        if (match === YES) break;
      }
      this.#late.set(peer, match);
    }
    return match;
  }
}

/** Makes {@link PeerMatch}es; equal term lists share one. */
export class PeerMatches {
  readonly #universe: Universe;
  readonly #labels: LabelIndex;
  readonly #matches = new Map<string, PeerMatch>();
  readonly #terms = new Map<string, Selected>();
  readonly #addresses: AddressIndex;

  constructor(universe: Universe, labels: LabelIndex) {
    this.#universe = universe;
    this.#labels = labels;
    this.#addresses = new AddressIndex(universe);
  }

  of(terms: readonly PeerTerm[]): PeerMatch {
    const keys = terms.map(termKey);
    const key = keys.join(' | ');
    let match = this.#matches.get(key);
    if (match === undefined) {
      let yes = PeerSet.empty;
      let maybe = PeerSet.empty;
      for (const [index, term] of terms.entries()) {
        const selected = this.#selected(keys[index] ?? '', term);
        yes = yes.union(selected.yes);
        maybe = maybe.union(selected.maybe);
      }
      match = new PeerMatch(terms, this.#universe, { yes, maybe: maybe.minus(yes) });
      this.#matches.set(key, match);
    }
    return match;
  }

  #selected(key: string, term: PeerTerm): Selected {
    if (term.kind === 'everything') return { yes: PeerSet.empty, maybe: PeerSet.empty };
    if (term.kind === 'endpoints') return this.#labels.select(term.selector);
    let selected = this.#terms.get(key);
    if (selected === undefined) {
      selected = this.#find(term);
      this.#terms.set(key, selected);
    }
    return selected;
  }

  #find(term: Extract<PeerTerm, { kind: 'addresses' | 'names' }>): Selected {
    if (term.kind === 'addresses') {
      const block = blockOfTerm(term);
      return block === undefined ? { yes: PeerSet.empty, maybe: PeerSet.empty } : this.#addresses.select(block);
    }
    const found = { yes: [] as PeerIndex[], maybe: [] as PeerIndex[] };
    for (const peer of this.#universe.peers.slice(0, this.#universe.sealed)) {
      const match = matchName(term, peer);
      if (match !== NO) found[match === YES ? 'yes' : 'maybe'].push(peer.index);
    }
    return { yes: PeerSet.of(found.yes), maybe: PeerSet.of(found.maybe) };
  }
}

/** Whether one term matches a peer, by looking at the peer alone. */
export function matchTerm(term: PeerTerm, universe: Universe, peer: PeerIndex): Match {
  return matcherOf(term, universe)(peer);
}

function matcherOf(term: PeerTerm, universe: Universe): (peer: PeerIndex) => Match {
  switch (term.kind) {
    case 'everything':
      return () => YES;
    case 'endpoints':
      return (peer) => matchLabels(term.selector, universe.peer(peer));
    case 'addresses': {
      const block = blockOfTerm(term);
      return (peer) => (block === undefined ? NO : matchBlock(block, universe.peer(peer), universe.families));
    }
    case 'names':
      return (peer) => matchName(term, universe.peer(peer));
  }
}

function termKey(term: PeerTerm): string {
  switch (term.kind) {
    case 'everything':
      return '*';
    case 'endpoints':
      return `with ${selectorText(term.selector)}`;
    case 'addresses': {
      const { pods, nodes, apiServer } = term.reaches;
      return `${term.cidr} - ${term.except.join()} @ ${pods} ${nodes} ${apiServer}`;
    }
    case 'names':
      return `${term.exact ?? ''} ~ ${term.pattern ?? ''}`;
  }
}
