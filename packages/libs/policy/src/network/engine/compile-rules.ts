import type { NetworkProfile } from '../../model/profile.ts';
import type { PeerIndex } from '../peer.ts';
import type { Direction, Isolation, Rule, Translation } from '../rule.ts';
import { builtInRules } from './built-in-rules.ts';
import { noRules } from './compiled-rule.ts';
import type { SubjectRules } from './compiled-rule.ts';
import { LabelIndex } from './label-index.ts';
import { PeerMatches } from './peer-match.ts';
import { SubjectIndex } from './subject-index.ts';
import type { Universe } from './universe.ts';
import type { UniversePeer } from './universe-peer.ts';

/** Indexes of a universe, shared by all rule sets over it. */
export class UniverseIndex {
  readonly universe: Universe;
  readonly labels: LabelIndex;
  readonly matches: PeerMatches;

  constructor(universe: Universe) {
    universe.seal();
    this.universe = universe;
    this.labels = new LabelIndex(universe.peers, universe.sealed);
    this.matches = new PeerMatches(universe, this.labels);
  }
}

/** A rule set over a universe. */
export class CompiledRules {
  readonly universe: Universe;
  readonly profile: NetworkProfile;
  readonly rules: readonly Rule[];
  readonly isolations: readonly Isolation[];
  readonly #labels: LabelIndex;
  readonly #matches: PeerMatches;
  readonly #subjects: Readonly<Record<Direction, SubjectIndex>>;

  constructor(
    { universe, labels, matches }: UniverseIndex,
    { rules, isolations }: Pick<Translation, 'rules' | 'isolations'>,
    profile: NetworkProfile,
  ) {
    this.universe = universe;
    this.profile = profile;
    const off = profile.kind === 'cilium' && profile.enablePolicy === 'never';
    this.rules = off ? [] : rules;
    this.isolations = off ? [] : isolations;
    this.#labels = labels;
    this.#matches = matches;
    const maySpeak = (peer: UniversePeer): boolean => hasSay(peer, profile);
    this.#subjects = {
      ingress: new SubjectIndex(universe, labels, maySpeak),
      egress: new SubjectIndex(universe, labels, maySpeak),
    };
    const builtIn = builtInRules(profile, this);
    for (const rule of builtIn.rules) this.#subjects[rule.direction].add(rule, matches, true);
    for (const rule of this.rules) this.#subjects[rule.direction].add(rule, matches, false);
    for (const each of [...builtIn.isolations, ...this.isolations]) this.#subjects[each.direction].isolate(each);
    this.#subjects.ingress.seal();
    this.#subjects.egress.seal();
  }

  /** Equal for peers with the same rules; -1 where there is none. */
  classOf(direction: Direction, subject: PeerIndex): number {
    return this.#subjects[direction].classOf(subject);
  }

  /** All that has a say over a subject. */
  of(direction: Direction, subject: PeerIndex): SubjectRules {
    const id = this.#subjects[direction].classOf(subject);
    return id === -1 ? noRules : this.#subjects[direction].rulesOfClass(id);
  }

  /** Whom a rule matches or may match; undefined: everything. */
  peersOf({ peers }: Rule): readonly PeerIndex[] | undefined {
    return this.#matches.of(peers).members();
  }

  /** Whom a rule or isolation is about, or may be. */
  subjectsOf({ subjects }: Pick<Rule, 'subjects'>): readonly PeerIndex[] {
    const { yes, maybe } = this.#labels.select(subjects);
    return [...yes.members(), ...maybe.members()].filter((peer) => hasSay(this.universe.peer(peer), this.profile));
  }
}

/**
 * Whether policies are enforced at a peer: on pods; on nodes by Cilium's host firewall; on what Cilium manages besides pods.
 * Never at addresses outside, nor at the API server.
 */
function hasSay({ kind, name }: UniversePeer, profile: NetworkProfile): boolean {
  switch (kind) {
    case 'pod':
      return true;
    case 'node':
      return profile.kind === 'cilium' && profile.hostFirewall;
    case 'reserved':
      return profile.kind === 'cilium' && (name === 'ingress' || name === 'init' || name === 'health');
    case 'range':
      return false;
  }
}
