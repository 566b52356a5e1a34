import { refText } from '../model/object-ref.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import { layer7Allows } from '../network/layer7-match.ts';
import type { NetworkEngine } from '../network/engine/network-engine.ts';
import { PROTOCOLS } from '../network/engine/port-match.ts';
import type { EndpointQuery, PeerIndex } from '../network/peer.ts';
import type { Direction, Isolation, Rule } from '../network/rule.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import { timeText } from '../simulation/observed-text.ts';
import type { PortRun } from '../matrix/patterns.ts';
import type { Hits } from './effectiveness.ts';
import type { WrittenRule } from './written-rule.ts';

/** Above every port. */
const portStride = 2 ** 16;

/** What was seen of the traffic that something matches. */
export class HitTally {
  allowed = 0;
  denied = 0;
  connections = 0;
  lastMs: number | undefined;
  /** Of what was let through: the other ends, and where to. */
  readonly ends = new Set<EndpointQuery>();
  readonly ports = new Map<number, PortRun>();
  #latest: ObservedConnection | undefined;

  /** Counts a connection once, however many parts of a rule it matches. */
  add(connection: ObservedConnection, { allowed, denied, lastMs }: Counted): void {
    if (this.#latest === connection) return;
    this.#latest = connection;
    this.allowed += allowed;
    this.denied += denied;
    this.connections += 1;
    if (lastMs !== undefined && lastMs > (this.lastMs ?? -Infinity)) this.lastMs = lastMs;
  }

  /** For a connection that was let through. */
  addUse({ protocol, port }: ObservedConnection, end: EndpointQuery): void {
    this.ends.add(end);
    const key = PROTOCOLS.indexOf(protocol) * portStride + port;
    if (!this.ports.has(key)) this.ports.set(key, { protocol, from: port, to: port });
  }

  hits(): Hits {
    const { allowed, denied, connections } = this;
    return { allowed, denied, lastHit: timeText(this.lastMs), connections };
  }
}

/** What was counted of a connection: let through, refused by a policy, and when last. */
export interface Counted {
  readonly allowed: number;
  readonly denied: number;
  readonly lastMs: number | undefined;
}

/** Drops for other reasons than policies do not count. */
export function counted({ verdicts }: ObservedConnection): Counted {
  let allowed = 0;
  let lastMs: number | undefined;
  for (const verdict of ['forwarded', 'audited', 'failed', 'denied'] as const) {
    const tally = verdicts[verdict];
    if (tally === undefined || tally.count === 0) continue;
    if (verdict !== 'denied') allowed += tally.count;
    if (tally.lastSeenMs !== undefined && tally.lastSeenMs > (lastMs ?? -Infinity)) lastMs = tally.lastSeenMs;
  }
  return { allowed, denied: verdicts.denied?.count ?? 0, lastMs };
}

/** Tallies of what a part counts for: its rule, and the policy. */
interface Tallies {
  readonly rule: HitTally;
  readonly policy: HitTally;
}

/** Hits of network policies. */
export class RuleHits {
  readonly #engine: NetworkEngine;
  readonly #parts = new Map<Rule | Isolation, Tallies>();
  readonly #policies = new Map<string, HitTally>();
  /** Connections with an end where a policy has a say. */
  governed = 0;
  observed = 0;

  constructor(engine: NetworkEngine, rules: readonly WrittenRule[], edges: readonly ObservedConnection[]) {
    this.#engine = engine;
    for (const { policy, parts } of rules) {
      const tallies = { rule: new HitTally(), policy: this.#ofPolicy(policy) };
      for (const part of parts) this.#parts.set(part, tallies);
    }
    for (const isolation of engine.isolations) {
      this.#parts.set(isolation, { rule: new HitTally(), policy: this.#ofPolicy(isolation.policy) });
    }
    const plain = plainConnections(edges);
    for (const connection of edges) this.#count(connection, plain);
  }

  of({ parts }: WrittenRule): HitTally | undefined {
    return this.#parts.get(parts[0])?.rule;
  }

  ofPolicy(ref: ObjectRef): HitTally | undefined {
    return this.#policies.get(refText(ref));
  }

  #ofPolicy(ref: ObjectRef): HitTally {
    const key = refText(ref);
    const tally = this.#policies.get(key) ?? new HitTally();
    this.#policies.set(key, tally);
    return tally;
  }

  #count(connection: ObservedConnection, plain: (connection: ObservedConnection) => boolean): void {
    const count = counted(connection);
    if (count.allowed + count.denied === 0) return;
    // Requests on a connection that was itself seen are hits of rules for requests only.
    const requestsOnly = connection.layer === 'l7' && plain(connection);
    const add = (part: Rule | Isolation, end: EndpointQuery): void => {
      const tallies = requestsOnly && !('layer7' in part) ? undefined : this.#parts.get(part);
      if (tallies === undefined) return;
      tallies.rule.add(connection, count);
      tallies.policy.add(connection, count);
      if (count.allowed > 0) tallies.rule.addUse(connection, end);
    };
    const ingress = reachedDestination(connection, count);
    const { source, destination } = connection;
    let governed = false;
    for (const [from, to] of this.#engine.pairs(source, destination)) {
      for (const part of this.#matching('egress', from, to, connection)) {
        governed = true;
        add(part, destination);
      }
      for (const part of ingress ? this.#matching('ingress', to, from, connection) : []) {
        governed = true;
        add(part, source);
      }
    }
    if (requestsOnly) return;
    this.observed += 1;
    if (governed) this.governed += 1;
  }

  /** Rules that match one end, or what isolates it where none does. */
  #matching(
    direction: Direction,
    subject: PeerIndex,
    peer: PeerIndex,
    { protocol, port, request }: ObservedConnection,
  ): readonly (Rule | Isolation)[] {
    const all = this.#engine.matching(direction, subject, peer, protocol, port);
    const rules =
      request === undefined
        ? all
        : all.filter(({ layer7 }) => layer7 === undefined || layer7Allows(layer7, request) !== 'denied');
    return rules.length > 0 ? rules : this.#engine.isolating(direction, subject);
  }
}

/** What was only refused at the source never came to the rules of the destination. */
function reachedDestination({ observedAt }: ObservedConnection, { allowed }: Counted): boolean {
  return allowed > 0 || observedAt.length === 0 || observedAt.includes('destination');
}

/** Whether the connection itself was seen, besides the requests on it. */
function plainConnections(edges: readonly ObservedConnection[]): (connection: ObservedConnection) => boolean {
  const known = new Map<ObservedConnection['source'], Map<ObservedConnection['destination'], Set<string>>>();
  const requests = edges.some(({ layer }) => layer === 'l7');
  for (const { layer, source, destination, protocol, port } of requests ? edges : []) {
    if (layer !== 'l4') continue;
    const ofSource = known.get(source) ?? new Map<ObservedConnection['destination'], Set<string>>();
    known.set(source, ofSource);
    const ports = ofSource.get(destination) ?? new Set<string>();
    ofSource.set(destination, ports.add(`${protocol} ${port}`));
  }
  return ({ source, destination, protocol, port }) =>
    known.get(source)?.get(destination)?.has(`${protocol} ${port}`) === true;
}
