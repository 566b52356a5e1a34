import { parseAddress } from '../../address/address.ts';
import type { AddressFamily } from '../../address/address.ts';
import type { EndpointQuery, PeerIndex } from '../peer.ts';
import type { Resolver } from './resolve.ts';
import type { Universe } from './universe.ts';

/** Peers of both ends that go together. */
export type Pair = readonly [source: PeerIndex, destination: PeerIndex];

type End = readonly [peer: PeerIndex, query: EndpointQuery];

/** Brings the two ends of a question together. */
export class ConnectionEnds {
  readonly #universe: Universe;
  readonly #resolver: Resolver;
  readonly #known = new WeakMap<EndpointQuery, WeakMap<EndpointQuery, readonly Pair[]>>();

  constructor(universe: Universe, resolver: Resolver) {
    this.#universe = universe;
    this.#resolver = resolver;
  }

  /** Empty when one of the ends can't be told. */
  pairs(source: EndpointQuery, destination: EndpointQuery): readonly Pair[] {
    let ofSource = this.#known.get(source);
    if (ofSource === undefined) {
      ofSource = new WeakMap();
      this.#known.set(source, ofSource);
    }
    let pairs = ofSource.get(destination);
    if (pairs === undefined) {
      pairs = this.#find(source, destination);
      ofSource.set(destination, pairs);
    }
    return pairs;
  }

  /** Both ends name the same pod, or the same node. */
  sameEnd(source: EndpointQuery, destination: EndpointQuery): boolean {
    const pod = this.#resolver.podOf(source);
    if (pod !== undefined) return pod === this.#resolver.podOf(destination);
    const [from, to] = [source.pod, destination.pod];
    return from !== undefined && from.namespace === to?.namespace && from.name === to.name;
  }

  #find(source: EndpointQuery, destination: EndpointQuery): readonly Pair[] {
    const family = familyOf(source) ?? familyOf(destination);
    const sources = this.#inFamily(this.#resolver.resolve(source), family);
    const destinations = this.#inFamily(this.#resolver.resolve(destination), family);
    return sources.flatMap((from) =>
      destinations
        .filter((to) => this.#seen([from, source], [to, destination]) && this.#seen([to, destination], [from, source]))
        .map((to): Pair => [from, to]),
    );
  }

  #inFamily(peers: readonly PeerIndex[], family: AddressFamily | undefined): readonly PeerIndex[] {
    if (family === undefined) return peers;
    return peers.flatMap((peer) => this.#resolver.inFamily(peer, family) ?? []);
  }

  /** Whether the other end can see this peer: always, unless it is the wrong one of the two of a node. */
  #seen([peer, { entity }]: End, [other, otherQuery]: End): boolean {
    const { nodeSide, name } = this.#universe.peer(peer);
    if (nodeSide === undefined || entity === nodeSide) return true;
    const { kind, name: otherName } = this.#universe.peer(other);
    if (kind === 'range' || kind === 'reserved') return nodeSide === 'remote-node';
    if (kind === 'node')
      return name === '' || otherName === '' || nodeSide === (name === otherName ? 'host' : 'remote-node');
    const nodes = this.#nodesOf(other, otherQuery);
    // With either node not known, both are possible.
    if (name === '' || nodes.size === 0 || nodes.has('')) return true;
    return nodeSide === 'host' ? nodes.has(name) : nodes.size > 1 || !nodes.has(name);
  }

  /** Nodes of the pods that are meant; the empty name stands for one that is not known. */
  #nodesOf(peer: PeerIndex, query: EndpointQuery): ReadonlySet<string> {
    const pod = this.#resolver.podOf(query);
    return new Set(pod === undefined ? this.#universe.podsOf(peer).map(({ node }) => node) : [pod.node]);
  }
}

function familyOf({ ip }: EndpointQuery): AddressFamily | undefined {
  return ip === undefined ? undefined : parseAddress(ip)?.family;
}
