import type { Cause } from '../../model/cause.ts';
import type { Selector } from '../../model/selector.ts';
import type { PeerIndex } from '../peer.ts';
import type { Isolation, Rule } from '../rule.ts';
import { subjectRules } from './compiled-rule.ts';
import type { CompiledIsolation, CompiledRule, SubjectRules } from './compiled-rule.ts';
import { matchLabels, MAYBE, NO, selectorText } from './label-index.ts';
import type { LabelIndex, Selected } from './label-index.ts';
import type { PeerMatches } from './peer-match.ts';
import type { Universe } from './universe.ts';
import type { UniversePeer } from './universe-peer.ts';

/** Rules and isolations with one subject selector. */
interface Group {
  readonly selector: Selector;
  readonly rules: CompiledRule[];
  readonly isolations: CompiledIsolation[];
}

/** One direction's rules by whom they are about. Peers with the same rules share one list, made when it is asked for. */
export class SubjectIndex {
  readonly #universe: Universe;
  readonly #labels: LabelIndex;
  readonly #maySpeak: (peer: UniversePeer) => boolean;
  readonly #groups = new Map<string, Group>();
  /** By peer: numbers of its groups. */
  #groupsOf: (number[] | undefined)[] = [];
  #list: readonly Group[] = [];
  readonly #classes = new Map<string, number>();
  readonly #classOf: (number | undefined)[] = [];
  readonly #rules: (SubjectRules | undefined)[] = [];
  readonly #members: (readonly { readonly group: Group; readonly unsure: boolean }[])[] = [];

  constructor(universe: Universe, labels: LabelIndex, maySpeak: (peer: UniversePeer) => boolean) {
    this.#universe = universe;
    this.#labels = labels;
    this.#maySpeak = maySpeak;
  }

  add(rule: Rule, matches: PeerMatches, builtIn: boolean): void {
    this.#group(rule.subjects).rules.push({ rule, peers: matches.of(rule.peers), unsure: rule.unknown ?? [], builtIn });
  }

  isolate(isolation: Isolation): void {
    this.#group(isolation.subjects).isolations.push({ isolation, unsure: isolation.unknown ?? [] });
  }

  /** After the last rule. */
  seal(): void {
    this.#list = [...this.#groups.values()];
    this.#groupsOf = [];
    for (const [number, { selector }] of this.#list.entries()) {
      const selected = this.#labels.select(selector);
      for (const index of membersOf(selected)) {
        if (!this.#maySpeak(this.#universe.peer(index))) continue;
        (this.#groupsOf[index] ??= []).push(number);
      }
    }
  }

  /** Equal for peers that have the same rules; -1 when there are none. */
  classOf(peer: PeerIndex): number {
    let known = this.#classOf[peer];
    if (known === undefined) {
      known = peer < this.#universe.sealed ? this.#classOfIndexed(peer) : this.#classOfLate(peer);
      this.#classOf[peer] = known;
    }
    return known;
  }

  /** Rules of a class that {@link classOf} gave, not -1. */
  rulesOfClass(id: number): SubjectRules {
    let rules = this.#rules[id];
    if (rules === undefined) {
      const members = this.#members[id] ?? [];
      rules = subjectRules(
        members.flatMap(({ group, unsure }) => (unsure ? group.rules.map(doubted) : group.rules)),
        members.flatMap(({ group, unsure }) => (unsure ? group.isolations.map(doubted) : group.isolations)),
      );
      this.#rules[id] = rules;
    }
    return rules;
  }

  #classOfIndexed(peer: PeerIndex): number {
    const groups = this.#groupsOf[peer];
    if (groups === undefined) return -1;
    const { unknownLabels } = this.#universe.peer(peer);
    return this.#intern(
      unknownLabels.length === 0 ? groups.map(sure) : groups.map((group) => this.#doubt(group, peer)),
    );
  }

  #classOfLate(peer: PeerIndex): number {
    const late = this.#universe.peer(peer);
    if (!this.#maySpeak(late)) return -1;
    const members = this.#list.flatMap(({ selector }, group) => {
      const match = matchLabels(selector, late);
      return match === NO ? [] : [{ group, unsure: match === MAYBE }];
    });
    return members.length === 0 ? -1 : this.#intern(members);
  }

  #doubt(group: number, peer: PeerIndex): { group: number; unsure: boolean } {
    const selector = this.#list[group]?.selector ?? [];
    return { group, unsure: matchLabels(selector, this.#universe.peer(peer)) === MAYBE };
  }

  #intern(members: readonly { readonly group: number; readonly unsure: boolean }[]): number {
    const key = members.map(({ group, unsure }) => (unsure ? `${group}?` : group)).join();
    let id = this.#classes.get(key);
    if (id === undefined) {
      id = this.#members.length;
      this.#classes.set(key, id);
      this.#members.push(
        members.flatMap(({ group, unsure }) => {
          const found = this.#list[group];
          return found === undefined ? [] : [{ group: found, unsure }];
        }),
      );
    }
    return id;
  }

  #group(selector: Selector): Group {
    const key = selectorText(selector);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { selector, rules: [], isolations: [] };
      this.#groups.set(key, group);
    }
    return group;
  }
}

function sure(group: number): { group: number; unsure: boolean } {
  return { group, unsure: false };
}

function membersOf({ yes, maybe }: Selected): readonly PeerIndex[] {
  return maybe.size === 0 ? yes.members() : [...yes.members(), ...maybe.members()];
}

const notKnown: Cause = {
  code: 'incomplete',
  message: 'whether the policy is about this end depends on labels that are not known',
};

function doubted<T extends { readonly unsure: readonly Cause[] }>(each: T): T {
  return { ...each, unsure: [...each.unsure, notKnown] };
}
