import type { NetworkEngine } from '../network/engine/network-engine.ts';
import type { Peer, PeerIndex } from '../network/peer.ts';
import { ENDPOINT_LABELS } from '../network/rule.ts';
import { selects } from '../model/selector.ts';
import type { Selector } from '../model/selector.ts';

/** Keys of selectors by which a rule names one namespace. */
const namespaceKeys: ReadonlySet<string> = new Set([
  ENDPOINT_LABELS.namespace,
  ENDPOINT_LABELS.ofNamespace('kubernetes.io/metadata.name'),
]);

/** Peers of an engine by their labels; what questions add to it later is not among them. */
export class PeerSets {
  readonly peers: readonly Peer[];
  readonly #podsByNamespace: ReadonlyMap<string, readonly Peer[]>;
  readonly #notPods: readonly Peer[];
  readonly #known = new Map<string, readonly Peer[]>();

  constructor({ peers }: Pick<NetworkEngine, 'peers'>) {
    this.peers = [...peers];
    const pods = this.peers.filter(({ kind }) => kind === 'pod');
    this.#podsByNamespace = Map.groupBy(pods, ({ labels }) => labels.get(ENDPOINT_LABELS.namespace) ?? '');
    this.#notPods = this.peers.filter(({ kind }) => kind !== 'pod');
  }

  /** Pods of a namespace whose labels have all of these. */
  pods(namespace: string, labels: ReadonlyMap<string, string>): readonly PeerIndex[] {
    return (this.#podsByNamespace.get(namespace) ?? []).flatMap((peer) => {
      for (const [key, value] of labels) if (peer.labels.get(ENDPOINT_LABELS.pod(key)) !== value) return [];
      return [peer.index];
    });
  }

  /** What the data plane calls by that name. */
  entity(name: string): readonly PeerIndex[] {
    return this.#notPods.flatMap(({ labels, index }) => (labels.has(ENDPOINT_LABELS.entity(name)) ? [index] : []));
  }

  /** All that a selector of a translated rule matches. */
  selected(selector: Selector): readonly Peer[] {
    const key = JSON.stringify(selector);
    let peers = this.#known.get(key);
    if (peers === undefined) {
      peers = this.#candidates(selector).filter(({ labels }) => selects(selector, labels));
      this.#known.set(key, peers);
    }
    return peers;
  }

  #candidates(selector: Selector): readonly Peer[] {
    for (const { key, operator, values } of selector) {
      if (!namespaceKeys.has(key) || operator !== 'In') continue;
      return values.flatMap((namespace) => this.#podsByNamespace.get(namespace) ?? []);
    }
    return this.peers;
  }
}
