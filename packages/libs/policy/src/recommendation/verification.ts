import type { NetworkEngine } from '../network/engine/network-engine.ts';
import { layer7Allows } from '../network/layer7-match.ts';
import type { Request } from '../network/layer7.ts';
import type { PeerIndex } from '../network/peer.ts';
import type { Direction, Isolation, Rule } from '../network/rule.ts';
import type { Segment } from '../network/verdict.ts';
import type { Pod } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import { CILIUM_DEFAULTS } from '../model/profile.ts';
import type { NetworkProfile } from '../model/profile.ts';
import { builtInRules } from '../network/engine/built-in-rules.ts';
import { Closure } from './closure.ts';
import { PeerSets } from './peer-sets.ts';
import type { Allowance } from './scope.ts';
import type { Guarantees } from './recommendation.ts';
import { exampleRequest, isNeeded } from './sighting.ts';
import type { Sighting } from './sighting.ts';

/** A guarantee that the recommended policies would break for one end. */
export interface Break {
  readonly guarantee: keyof Guarantees;
  readonly direction: Direction;
  /** The selected end. */
  readonly subject: PeerIndex;
  /** The connection, where it is about one that was seen. */
  readonly sighting?: Sighting;
  /** Why, to be followed by a name of the connection. */
  readonly explanation: string;
}

/** What the check of all guarantees found. */
export interface Verification {
  readonly breaks: readonly Break[];
  readonly checked: Readonly<Record<keyof Guarantees, number>>;
  readonly unchecked: Readonly<Record<keyof Guarantees, number>>;
  /** Rules of policies that stay, by what they allow a selected end besides. */
  readonly kept: readonly { readonly rule: Rule; readonly direction: Direction; readonly subject: PeerIndex }[];
  /** Denied, but allowed to a selected end by a rule of a policy that stays. */
  readonly openedByKept: readonly { readonly sighting: Sighting; readonly rule: Rule | undefined }[];
}

/** What is checked. */
export interface VerificationInput {
  /** With the recommended policies. */
  readonly after: NetworkEngine;
  readonly isRecommended: (policy: ObjectRef) => boolean;
  /** Whether an allow rule is new; default: those of recommended policies. */
  readonly isNew?: (rule: Rule) => boolean;
  readonly sightings: readonly Sighting[];
  /** Recommended policies take the place of others: then they can take something from what others isolate too. */
  readonly replaces?: boolean;
  /** New rules, by the policy and direction that they stand in. */
  readonly claims: readonly Claim[];
}

/** What a policy may do in one direction at most. */
export interface Claim {
  readonly policy: ObjectRef;
  readonly direction: Direction;
  readonly allowances: readonly Allowance[];
  /** Whom it may be about. */
  readonly isSubject: (pod: Pod) => boolean;
}

/** Checks the three guarantees for everything that the recommended policies select. */
export function verify(input: VerificationInput): Verification {
  return new Verifier(input).run();
}

class Verifier {
  readonly #input: VerificationInput;
  readonly #isNew: (rule: Rule) => boolean;
  readonly #selected: Readonly<Record<Direction, (boolean | undefined)[]>> = { ingress: [], egress: [] };
  #byKey: ReadonlyMap<string, readonly Isolation[]> | undefined;
  readonly #breaks: Break[] = [];
  readonly #checked = { allowedStays: 0, withinObserved: 0, deniedStays: 0 };
  readonly #unchecked = { allowedStays: 0, withinObserved: 0, deniedStays: 0 };
  readonly #kept: Verification['kept'][number][] = [];
  readonly #openedByKept: Verification['openedByKept'][number][] = [];

  constructor(input: VerificationInput) {
    this.#input = input;
    this.#isNew = input.isNew ?? ((rule) => input.isRecommended(rule.policy));
  }

  run(): Verification {
    this.#checkPermitted();
    for (const sighting of this.#input.sightings) {
      if (isNeeded(sighting)) this.#checkAllowed(sighting);
      else if (sighting.verdict === 'denied') this.#checkDenied(sighting);
    }
    const { breaks, checked, unchecked, kept, openedByKept } = {
      breaks: this.#breaks,
      checked: this.#checked,
      unchecked: this.#unchecked,
      kept: this.#kept,
      openedByKept: this.#openedByKept,
    };
    return { breaks, checked, unchecked, kept, openedByKept };
  }

  /** Whether a recommended policy isolates the end. */
  #isSelected(direction: Direction, subject: PeerIndex): boolean {
    const known = this.#selected[direction];
    let selected = known[subject];
    if (selected === undefined) {
      const { after, isRecommended } = this.#input;
      selected = after.isolating(direction, subject).some(({ policy }) => isRecommended(policy));
      known[subject] = selected;
    }
    return selected;
  }

  /** More policies take nothing from what others isolate already. */
  #canLose(direction: Direction, subject: PeerIndex): boolean {
    if (!this.#isSelected(direction, subject)) return false;
    const { after, isRecommended, replaces = false } = this.#input;
    return replaces || after.isolating(direction, subject).every(({ policy }) => isRecommended(policy));
  }

  /** Every new rule is within what was seen, and about nobody else; what policies that stay allow is listed. */
  #checkPermitted(): void {
    const { after, claims } = this.#input;
    const sets = new PeerSets(after);
    const newRules = Map.groupBy(
      after.rules.filter((rule) => this.#isNew(rule)),
      (rule) => `${refText(rule.policy)} ${rule.direction}`,
    );
    for (const { policy, direction, allowances, isSubject } of claims) {
      const closure = new Closure(allowances, sets);
      const key = `${refText(policy)} ${direction}`;
      const isolations = this.#isolations(key);
      this.#checked.withinObserved += 1;
      for (const rule of [...isolations, ...(newRules.get(key) ?? [])]) {
        const subjects = after.affectedPeers(rule);
        const foreign = subjects.find((subject) => !after.podsOf(subject).every(isSubject));
        if (foreign !== undefined)
          this.#tooWide(direction, foreign, `${policy.name} ${rule.path} is about more than it was made for`);
      }
      for (const rule of newRules.get(key) ?? []) {
        const subjects = after.affectedPeers(rule).flatMap((subject) => sets.peers[subject] ?? []);
        const wrong = rule.action === 'allow' ? closure.exceededBy(rule, subjects) : undefined;
        const explanation = `more would be allowed than was seen: ${policy.name} ${rule.path} with ${wrong ?? ''}`;
        if (wrong !== undefined) for (const { index } of subjects) this.#tooWide(direction, index, explanation);
      }
    }
    const claimed = new Set(claims.map(({ policy, direction }) => `${refText(policy)} ${direction}`));
    for (const [key, rules] of newRules) {
      // A rule that nobody claims opens something that nothing was seen for.
      if (claimed.has(key)) continue;
      for (const { direction, policy, ...rule } of rules) {
        for (const subject of after.affectedPeers({ direction, policy, ...rule }))
          this.#tooWide(direction, subject, `${policy.name} ${rule.path} would allow what was not seen`);
      }
    }
    this.#listKept();
  }

  #isolations(key: string): readonly Isolation[] {
    this.#byKey ??= Map.groupBy(
      this.#input.after.isolations,
      ({ policy, direction }) => `${refText(policy)} ${direction}`,
    );
    return this.#byKey.get(key) ?? [];
  }

  #listKept(): void {
    const { after } = this.#input;
    for (const rule of after.rules) {
      if (rule.action !== 'allow' || this.#isNew(rule)) continue;
      for (const subject of after.affectedPeers(rule)) {
        if (this.#isSelected(rule.direction, subject)) this.#kept.push({ rule, direction: rule.direction, subject });
      }
    }
    // What holds without any policy stays too.
    const builtIn = profilesOf(after.profile).flatMap((profile) => builtInRules(profile, after).rules);
    for (const { index, kind } of after.peers) {
      if (kind !== 'pod' || after.podsOf(index).length === 0) continue;
      for (const rule of builtIn) {
        const { direction } = rule;
        if (this.#isSelected(direction, index)) this.#kept.push({ rule, direction, subject: index });
      }
    }
  }

  #tooWide(direction: Direction, subject: PeerIndex, explanation: string): void {
    this.#breaks.push({ guarantee: 'withinObserved', direction, subject, explanation });
  }

  #checkAllowed(sighting: Sighting): void {
    const { after } = this.#input;
    const { protocol, port } = sighting;
    const request = sighting.request === undefined ? undefined : exampleRequest(sighting.request);
    const pairs = after.pairs(sighting.source.query, sighting.destination.query);
    if (pairs.length === 0) this.#unchecked.allowedStays += 1;
    for (const [source, destination] of pairs) {
      const selected = [
        { direction: 'egress', subject: source, peer: destination },
        { direction: 'ingress', subject: destination, peer: source },
      ] as const;
      const concerned = selected.filter(({ direction, subject }) => this.#canLose(direction, subject));
      if (concerned.length === 0) continue;
      this.#checked.allowedStays += 1;
      if (after.outcome(source, destination, protocol, port, request) === 'allowed') continue;
      for (const { direction, subject, peer } of concerned) {
        const segment = segmentAt(after.side(direction, subject, peer), sighting);
        if (segment?.outcome === 'allowed' && !segment.conditional) continue;
        // What a request needs on top was asked with the whole connection.
        if (segment?.outcome === 'allowed' && request === undefined) continue;
        const explanation =
          segment?.outcome === 'unknown'
            ? `it can't be told whether it would stay allowed${causes(segment)}`
            : 'it would be denied';
        this.#breaks.push({ guarantee: 'allowedStays', direction, subject, sighting, explanation });
      }
    }
  }

  #checkDenied(sighting: Sighting): void {
    const { after } = this.#input;
    const { protocol, port } = sighting;
    const request = sighting.request === undefined ? undefined : exampleRequest(sighting.request);
    const pairs = after.pairs(sighting.source.query, sighting.destination.query);
    if (pairs.length === 0) this.#unchecked.deniedStays += 1;
    for (const [source, destination] of pairs) {
      const ends = [
        { direction: 'egress', subject: source, peer: destination },
        { direction: 'ingress', subject: destination, peer: source },
      ] as const;
      const concerned = ends.filter(({ direction, subject }) => this.#isSelected(direction, subject));
      if (concerned.length === 0) continue;
      this.#checked.deniedStays += 1;
      if (after.outcome(source, destination, protocol, port, request) === 'denied') continue;
      for (const { direction, subject, peer } of concerned) {
        const rules = after
          .matching(direction, subject, peer, protocol, port)
          .filter((rule) => isAllowing(rule, request));
        const [recommended, others] = split(rules, this.#isNew);
        if (recommended.length === 0 && sighting.layer === 'l7') continue;
        if (recommended.length === 0) this.#openedByKept.push({ sighting, rule: others[0] });
        else
          this.#breaks.push({
            guarantee: 'deniedStays',
            direction,
            subject,
            sighting,
            explanation: 'it was denied, and a needed rule would allow it',
          });
      }
    }
  }
}

function profilesOf(profile: NetworkProfile): readonly NetworkProfile[] {
  return profile.kind === 'unknown' ? [{ kind: 'generic' }, CILIUM_DEFAULTS] : [profile];
}

/** A refused request is only let through by rules that look at requests: what is behind the port may have refused it. */
function isAllowing({ action, layer7 }: Rule, request: Request | undefined): boolean {
  if (action !== 'allow') return false;
  return request === undefined || (layer7 !== undefined && layer7Allows(layer7, request) !== 'denied');
}

function split(rules: readonly Rule[], isNew: (rule: Rule) => boolean): readonly [recommended: Rule[], others: Rule[]] {
  const recommended: Rule[] = [];
  const others: Rule[] = [];
  for (const rule of rules) (isNew(rule) ? recommended : others).push(rule);
  return [recommended, others];
}

function segmentAt(
  segments: readonly Segment[],
  { protocol, port }: Pick<Sighting, 'protocol' | 'port'>,
): Segment | undefined {
  return segments.find((each) => each.protocol === protocol && each.from <= port && port <= each.to);
}

function causes(segment: Segment): string {
  const [cause] = segment.causes;
  return cause === undefined ? '' : ` (${cause.message})`;
}
