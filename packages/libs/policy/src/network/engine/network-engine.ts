import type { Outcome } from '../../model/cause.ts';
import type { Pod, Protocol } from '../../model/cluster.ts';
import type { Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import type { NetworkProfile } from '../../model/profile.ts';
import type { Request } from '../layer7.ts';
import type { EndpointQuery, Peer, PeerIndex } from '../peer.ts';
import type { Direction, Isolation, Rule } from '../rule.ts';
import type { NetworkQuestion, NetworkVerdict, Segment } from '../verdict.ts';

/** Compiled network policies of a cluster. Answers never change; what is kept to be quick has limits. */
export interface NetworkEngine {
  readonly profile: NetworkProfile;
  /** What is wrong with, or not understood of, the policies; and what was assumed. */
  readonly problems: readonly Problem[];
  /** All ends of connections. Questions may add to them (pods that are gone); nothing is ever taken away. */
  readonly peers: readonly Peer[];
  readonly rules: readonly Rule[];
  readonly isolations: readonly Isolation[];
  /** Pods of a peer; for a node the pods in its network. Empty for peers that are none of the cluster's. */
  podsOf(peer: PeerIndex): readonly Pod[];
  /** Peers that a question means, kept for the question's object; empty when it can't be told. */
  resolve(query: EndpointQuery): readonly PeerIndex[];
  /**
   * Peers of both ends that go together: of a node's two peers the one that fits the other end's node, and addresses of one
   * family. Kept for the objects of the questions.
   */
  pairs(source: EndpointQuery, destination: EndpointQuery): readonly (readonly [PeerIndex, PeerIndex])[];
  /** The answer with its reasons. */
  verdict(question: NetworkQuestion): NetworkVerdict;
  /** The answer alone, and quickly. */
  outcome(source: PeerIndex, destination: PeerIndex, protocol: Protocol, port: number, request?: Request): Outcome;
  /** What one end says to every port. Without own-node traffic to the pod itself; see {@link connection}. */
  side(direction: Direction, subject: PeerIndex, peer: PeerIndex): readonly Segment[];
  /** What one end would say without some rules and isolations. Not kept. */
  sideWithout(
    direction: Direction,
    subject: PeerIndex,
    peer: PeerIndex,
    leftOut: (each: Rule | Isolation) => boolean,
  ): readonly Segment[];
  /**
   * All peers by what one end says to them: `peers` of a group get the same segments (with the causes of the first of them).
   * Late peers are left out.
   */
  reach(direction: Direction, subject: PeerIndex): readonly ReachGroup[];
  /** Equal for subjects with the same rules in a direction; -1 for those about whom there is none. */
  subjectClass(direction: Direction, subject: PeerIndex): number;
  /** What both ends together say to every port. */
  connection(source: PeerIndex, destination: PeerIndex): readonly Segment[];
  /** Every rule that matches or may match, not only those that decide. */
  matching(
    direction: Direction,
    subject: PeerIndex,
    peer: PeerIndex,
    protocol: Protocol,
    port: number,
  ): readonly Rule[];
  /** Bodies that make default deny hold for a subject, or may. */
  isolating(direction: Direction, subject: PeerIndex): readonly Isolation[];
  /** Peers that a rule matches or may match, late ones left out, whoever its subjects are. */
  peersOf(rule: Rule): 'everything' | readonly PeerIndex[];
  /** Subjects of a rule. */
  affectedPeers(rule: Rule | Isolation): readonly PeerIndex[];
  /** The same cluster with other policies. Peers keep their index unless a new block of addresses has to be told apart. */
  with(policies: readonly Policy[]): NetworkEngine;
}

/** Peers that get the same answer from one end. */
export interface ReachGroup {
  readonly peers: readonly PeerIndex[];
  readonly segments: readonly Segment[];
}
