import { RecentCache } from '../../cache/recent-cache.ts';
import type { Outcome } from '../../model/cause.ts';
import type { Cluster, Pod, Protocol } from '../../model/cluster.ts';
import type { Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import type { Request } from '../layer7.ts';
import type { EndpointQuery, Peer, PeerIndex } from '../peer.ts';
import type { Direction, Isolation, Rule } from '../rule.ts';
import type { NetworkQuestion, NetworkVerdict, Segment } from '../verdict.ts';
import type { CompiledRules } from './compile-rules.ts';
import { relevantTo, ruleCount, without } from './compiled-rule.ts';
import type { SubjectRules } from './compiled-rule.ts';
import type { ConnectionEnds, Pair } from './connection-ends.ts';
import { ALLOWED, DENIED, evaluate, matchRule } from './evaluate.ts';
import type { Point, Possible } from './evaluate.ts';
import { NO } from './label-index.ts';
import type { NetworkEngine, ReachGroup } from './network-engine.ts';
import { reachGroups } from './reach.ts';
import type { Resolver } from './resolve.ts';
import { intersected, openAnswer, sideSegments, uniform } from './segments.ts';
import type { Universe } from './universe.ts';
import { judge } from './verdict-of.ts';

/** Answers for one end and one pair of peers that are kept. */
const sidesMax = 100_000;
/** Answers of one end to everybody that are kept. */
const reachesMax = 2_000;

/** Subjects with more rules keep those that match a peer. */
const rulesScannedMax = 16;
/** Pairs for which they are kept. */
const relevantMax = 200_000;

/** Above every index of a peer. */
const peerStride = 2 ** 24;

const open = uniform(openAnswer);

/** What an engine is made of. */
export interface EngineParts {
  readonly cluster: Cluster;
  readonly compiled: CompiledRules;
  readonly resolver: Resolver;
  readonly ends: ConnectionEnds;
  readonly problems: readonly Problem[];
  readonly with: (policies: readonly Policy[]) => NetworkEngine;
}

/** The engine of a known profile. */
export class SingleEngine implements NetworkEngine {
  readonly profile: NetworkProfile;
  readonly problems: readonly Problem[];
  readonly peers: readonly Peer[];
  readonly rules: readonly Rule[];
  readonly isolations: readonly Isolation[];
  readonly #parts: EngineParts;
  readonly #compiled: CompiledRules;
  readonly #universe: Universe;
  /** Audit mode: nothing is denied. */
  readonly #auditOnly: boolean;
  readonly #silences = new WeakMap<SubjectRules, readonly Segment[]>();
  readonly #sides = new RecentCache<number, readonly Segment[]>(sidesMax);
  readonly #relevant = new RecentCache<number, SubjectRules>(relevantMax);
  readonly #reaches = new RecentCache<number, readonly ReachGroup[]>(reachesMax);
  /** Filled anew for each question of {@link outcome}, so that it allocates nothing. */
  readonly #point: { -readonly [K in keyof Point]: Point[K] };

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#compiled = parts.compiled;
    this.#universe = parts.compiled.universe;
    this.profile = parts.compiled.profile;
    this.problems = parts.problems;
    this.peers = this.#universe.peers;
    this.rules = parts.compiled.rules;
    this.isolations = parts.compiled.isolations;
    this.#auditOnly = this.profile.kind === 'cilium' && this.profile.auditMode;
    const destination = this.#universe.peer(0);
    this.#point = { peer: 0, destination, protocol: 'TCP', port: 0, request: undefined, hidden: false };
  }

  podsOf(peer: PeerIndex): readonly Pod[] {
    return this.#universe.podsOf(peer);
  }

  resolve(query: EndpointQuery): readonly PeerIndex[] {
    return this.#parts.resolver.resolve(query);
  }

  pairs(source: EndpointQuery, destination: EndpointQuery): readonly Pair[] {
    return this.#parts.ends.pairs(source, destination);
  }

  verdict(question: NetworkQuestion): NetworkVerdict {
    return judge(question, { compiled: this.#compiled, ends: this.#parts.ends, auditOnly: this.#auditOnly });
  }

  outcome(source: PeerIndex, destination: PeerIndex, protocol: Protocol, port: number, request?: Request): Outcome {
    if (this.#auditOnly || this.#isItself(source, destination)) return 'allowed';
    const point = this.#point;
    point.destination = this.#universe.peer(destination);
    point.protocol = protocol;
    point.port = port;
    point.request = request;
    point.peer = destination;
    const egress = this.#ask('egress', source, point);
    if (egress === DENIED) return 'denied';
    point.peer = source;
    const ingress = this.#ask('ingress', destination, point);
    if (ingress === DENIED) return 'denied';
    return egress === ALLOWED && ingress === ALLOWED ? 'allowed' : 'unknown';
  }

  side(direction: Direction, subject: PeerIndex, peer: PeerIndex): readonly Segment[] {
    const subjectClass = this.#compiled.classOf(direction, subject);
    if (subjectClass === -1) return open;
    // Ingress depends on the subject's named ports besides its rules.
    const end = direction === 'ingress' ? subject * 2 : subjectClass * 2 + 1;
    const key = end * peerStride + peer;
    return this.#sides.get(key, () => this.#segments(direction, subject, peer));
  }

  sideWithout(
    direction: Direction,
    subject: PeerIndex,
    peer: PeerIndex,
    leftOut: (each: Rule | Isolation) => boolean,
  ): readonly Segment[] {
    return this.#segments(direction, subject, peer, without(this.#compiled.of(direction, subject), leftOut));
  }

  peersOf(rule: Rule): 'everything' | readonly PeerIndex[] {
    return this.#compiled.peersOf(rule) ?? 'everything';
  }

  reach(direction: Direction, subject: PeerIndex): readonly ReachGroup[] {
    const key = subject * 2 + (direction === 'ingress' ? 0 : 1);
    return this.#reaches.get(key, () =>
      reachGroups(this.#universe, this.#compiled.of(direction, subject), direction).map((peers) => ({
        peers,
        segments: this.side(direction, subject, peers[0] ?? 0),
      })),
    );
  }

  subjectClass(direction: Direction, subject: PeerIndex): number {
    return this.#compiled.classOf(direction, subject);
  }

  connection(source: PeerIndex, destination: PeerIndex): readonly Segment[] {
    if (this.#isItself(source, destination)) return open;
    const egress = this.side('egress', source, destination);
    const ingress = this.side('ingress', destination, source);
    if (egress === open) return ingress;
    return ingress === open ? egress : intersected(egress, ingress);
  }

  matching(
    direction: Direction,
    subject: PeerIndex,
    peer: PeerIndex,
    protocol: Protocol,
    port: number,
  ): readonly Rule[] {
    const { admin, deny, allow, baseline } = this.#compiled.of(direction, subject);
    const at = this.#pointOf(direction, subject, peer, protocol, port);
    return [admin, deny, allow, baseline].flatMap((rules) =>
      rules.flatMap((each) => (each.builtIn || matchRule(each, at) === NO ? [] : [each.rule])),
    );
  }

  isolating(direction: Direction, subject: PeerIndex): readonly Isolation[] {
    return this.#compiled.of(direction, subject).isolations.map(({ isolation }) => isolation);
  }

  affectedPeers(rule: Rule | Isolation): readonly PeerIndex[] {
    return this.#compiled.subjectsOf(rule);
  }

  with(policies: readonly Policy[]): NetworkEngine {
    return this.#parts.with(policies);
  }

  #ask(direction: Direction, subject: PeerIndex, point: Point): Possible {
    const rules = this.#compiled.of(direction, subject);
    if (ruleCount(rules) <= rulesScannedMax) return evaluate(rules, point);
    const end = this.#compiled.classOf(direction, subject) * 2 + (direction === 'ingress' ? 0 : 1);
    const key = end * peerStride + point.peer;
    // Not `get`: a question allocates nothing once its pair is known.
    const relevant = this.#relevant.find(key) ?? this.#relevant.keep(key, relevantTo(rules, point.peer));
    return evaluate(relevant, point);
  }

  #segments(
    direction: Direction,
    subject: PeerIndex,
    peer: PeerIndex,
    rules: SubjectRules = this.#compiled.of(direction, subject),
  ): readonly Segment[] {
    const destination = this.#universe.peer(direction === 'ingress' ? subject : peer);
    const facts = this.#universe.peer(peer);
    const segments = sideSegments(rules, { index: peer, facts }, destination, this.#silences);
    if (!this.#auditOnly) return segments;
    return segments.map((segment) => ({ ...segment, outcome: 'allowed', conditional: false, causes: [] }));
  }

  #pointOf(direction: Direction, subject: PeerIndex, peer: PeerIndex, protocol: Protocol, port: number): Point {
    const destination = this.#universe.peer(direction === 'ingress' ? subject : peer);
    return { peer, destination, protocol, port, request: undefined, hidden: false };
  }

  #isItself(source: PeerIndex, destination: PeerIndex): boolean {
    return source === destination && this.#universe.isOnePod(source);
  }
}
