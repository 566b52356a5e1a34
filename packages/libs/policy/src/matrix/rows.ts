import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { Peer, PeerIndex } from '../network/peer.ts';
import type { Direction } from '../network/rule.ts';
import type { Pattern, Patterns } from './patterns.ts';

/** What one end says to every peer: most often one thing to nearly all of them. */
export interface Row {
  readonly id: number;
  readonly usual: Pattern;
  readonly others: ReadonlyMap<PeerIndex, Pattern>;
}

/** The rows of an engine, one for all subjects with the same rules, made when it is asked for. */
export class Rows {
  readonly #engine: NetworkEngine;
  readonly #patterns: Patterns;
  /** Ingress depends on the names of the subject's own ports, too. */
  readonly #byName: boolean;
  readonly #known = { ingress: new Map<string, Row>(), egress: new Map<string, Row>() };
  readonly #ofPeer: Readonly<Record<Direction, (Row | undefined)[]>> = { ingress: [], egress: [] };
  #count = 0;

  constructor(engine: NetworkEngine, patterns: Patterns) {
    this.#engine = engine;
    this.#patterns = patterns;
    this.#byName = engine.rules.some(({ ports }) => ports !== 'all' && ports.some((port) => 'name' in port));
  }

  of(direction: Direction, subject: PeerIndex): Row {
    let row = this.#ofPeer[direction][subject];
    if (row === undefined) {
      row = this.#ofClass(direction, subject);
      this.#ofPeer[direction][subject] = row;
    }
    return row;
  }

  /** What one end says to one peer, asked for alone unless its row is known: for a few peers that is quicker. */
  single(direction: Direction, subject: PeerIndex, peer: PeerIndex): Pattern {
    if (this.#ofPeer[direction][subject] !== undefined) return this.side(direction, subject, peer);
    return this.#patterns.of(this.#engine.side(direction, subject, peer));
  }

  /** What one end says to one peer. */
  side(direction: Direction, subject: PeerIndex, peer: PeerIndex): Pattern {
    const { usual, others } = this.of(direction, subject);
    return others.get(peer) ?? usual;
  }

  #ofClass(direction: Direction, subject: PeerIndex): Row {
    const subjectClass = this.#engine.subjectClass(direction, subject);
    const names = direction === 'ingress' && this.#byName && subjectClass !== -1;
    const key = names ? `${subjectClass}${namesKey(this.#engine.peers[subject])}` : String(subjectClass);
    let row = this.#known[direction].get(key);
    if (row === undefined) {
      row = this.#make(direction, subject);
      this.#known[direction].set(key, row);
    }
    return row;
  }

  #make(direction: Direction, subject: PeerIndex): Row {
    const members = new Map<Pattern, PeerIndex[]>();
    for (const { peers, segments } of this.#engine.reach(direction, subject)) {
      const pattern = this.#patterns.of(segments);
      const list = members.get(pattern);
      if (list === undefined) members.set(pattern, [...peers]);
      else for (const peer of peers) list.push(peer);
    }
    const [most, ...rest] = [...members].toSorted(([, a], [, b]) => b.length - a.length);
    if (most === undefined) throw new RangeError(`nobody to reach for peer ${subject}`);
    const others = new Map(rest.flatMap(([pattern, peers]) => peers.map((peer) => [peer, pattern] as const)));
    this.#count += 1;
    return { id: this.#count, usual: most[0], others };
  }
}

/** Peers for which a change makes one end say something else, with both patterns. */
export function changedPeers(before: Row, after: Row, everybody: readonly PeerIndex[]): readonly PeerIndex[] {
  if (before === after) return [];
  if (before.usual === after.usual) {
    const candidates = new Set([...before.others.keys(), ...after.others.keys()]);
    return [...candidates].filter((peer) => sideOf(before, peer) !== sideOf(after, peer));
  }
  return everybody.filter((peer) => sideOf(before, peer) !== sideOf(after, peer));
}

function sideOf({ usual, others }: Row, peer: PeerIndex): Pattern {
  return others.get(peer) ?? usual;
}

/** Peers that were there when the policies were compiled. */
export function sealedPeers(engine: NetworkEngine): readonly Peer[] {
  const indexes = engine.peers.length === 0 ? [] : engine.reach('egress', 0).flatMap(({ peers }) => peers);
  return indexes.toSorted((a, b) => a - b).flatMap((index) => engine.peers[index] ?? []);
}

function namesKey(peer: Peer | undefined): string {
  let key = '';
  for (const [name, ports] of peer?.namedPorts ?? []) {
    for (const { port, protocol } of ports) key += ` ${name}=${port}/${protocol}`;
  }
  return key;
}
