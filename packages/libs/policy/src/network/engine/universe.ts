import type { Address, AddressFamily } from '../../address/address.ts';
import type { AddressRange } from '../../address/cidr.ts';
import type { Cluster, Node, Pod } from '../../model/cluster.ts';
import { refText } from '../../model/object-ref.ts';
import type { PeerIndex } from '../peer.ts';
import { BlockPartition } from './block-partition.ts';
import {
  addressesOf,
  apiServerDraft,
  entityDraft,
  familiesOf,
  nodeDraft,
  podDraft,
  podKey,
  rangeDraft,
} from './peer-drafts.ts';
import { apiServerAddresses } from './universe-peer.ts';
import type { PeerDraft, UniversePeer } from './universe-peer.ts';

/** Entities that are no pods of the cluster and have no address that the engine knows of. */
const RESERVED = ['ingress', 'unmanaged', 'init', 'health'] as const;

/** Peers that only questions know of (pods that are gone, addresses with names): so many are kept. */
const latePeersMax = 65_536;

/** What the universe is made of. `blocks` are all that rules name, `reachingBlocks` those that can match pods or nodes. */
export interface UniverseInput {
  readonly cluster: Cluster;
  readonly clusterName: string;
  /** Nodes have the cluster's name among their labels, too (Cilium with enable-node-selector-labels). */
  readonly nodesNameCluster?: boolean;
  readonly blocks: readonly string[];
  readonly reachingBlocks: readonly string[];
}

/** A pod and its peer; for a pod in the host's network the two of its node. */
export interface PodPlace {
  readonly pod: Pod;
  readonly peers: readonly PeerIndex[];
}

/** Who has an address: a pod, a node (as its two peers), or the API server. */
export interface Owner {
  readonly peers: readonly PeerIndex[];
  readonly pod?: Pod;
}

/** Everything that can be an end of a connection, in as few peers as rules can tell apart. */
export class Universe {
  readonly cluster: Cluster;
  readonly clusterName: string;
  /** Pods by namespace, then nodes, reserved, ranges by address; behind {@link sealed} those that questions added. */
  readonly peers: UniversePeer[] = [];
  /** Peers below are in the indexes. */
  sealed = 0;
  /** By `namespace/name`. */
  readonly pods = new Map<string, PodPlace>();
  /** By address in canonical text. */
  readonly owners = new Map<string, Owner>();
  /** By refText of the workload. */
  readonly workloads = new Map<string, PeerIndex[]>();
  /** By name: the node for its own pods, and for all others. The one without a name stands for a node not known. */
  readonly nodes = new Map<string, { readonly host: PeerIndex; readonly remote: PeerIndex }>();
  readonly reserved = new Map<string, PeerIndex[]>();
  /** Families of addresses that pods have here; IPv4 where no address is known. */
  readonly families: ReadonlySet<AddressFamily>;
  /** A pod has no known address. */
  readonly addressesMissing: boolean;
  readonly #nodesCluster: string | undefined;
  readonly #podsOf: Pod[][] = [];
  readonly #ranges: Readonly<Record<AddressFamily, PeerIndex[]>> = { 4: [], 6: [] };
  readonly #blocks: BlockPartition;
  readonly #reaching: BlockPartition;
  readonly #late = new Map<string, PeerIndex>();

  constructor({ cluster, clusterName, nodesNameCluster = false, blocks, reachingBlocks }: UniverseInput) {
    this.cluster = cluster;
    this.clusterName = clusterName;
    this.#nodesCluster = nodesNameCluster ? clusterName : undefined;
    this.#blocks = new BlockPartition(blocks);
    this.#reaching = new BlockPartition(reachingBlocks);
    this.families = familiesOf(cluster);
    this.addressesMissing = cluster.pods.some((pod) => pod.ips.length === 0 && !pod.hostNetwork);
    this.#addPods();
    this.#addNodes();
    this.#addReserved();
    this.#addRanges();
  }

  /** From here on peers are late ones. */
  seal(): void {
    this.sealed = this.peers.length;
  }

  /** Whether these blocks can be told apart by this universe. */
  holds(blocks: readonly string[], reachingBlocks: readonly string[]): boolean {
    return this.#blocks.holds(blocks) && this.#reaching.holds(reachingBlocks);
  }

  peer(index: PeerIndex): UniversePeer {
    const peer = this.peers[index];
    if (peer === undefined) throw new RangeError(`no peer ${index}`);
    return peer;
  }

  podsOf(index: PeerIndex): readonly Pod[] {
    return this.#podsOf[this.peers[index]?.base ?? index] ?? [];
  }

  /** The peer is one pod: what goes from it to itself stays in the pod. */
  isOnePod(index: PeerIndex): boolean {
    const { kind } = this.peer(index);
    const pods = this.podsOf(index);
    return kind === 'pod' && pods.length === 1 && pods[0]?.template === false;
  }

  /** Equal for addresses that no rule can tell apart on a pod or node. */
  addressClass(address: Address): string {
    return `${address.family}.${this.#reaching.classOf(address)}`;
  }

  /** The peer of the addresses outside of the cluster among which this one is. */
  rangeOf(address: Address): PeerIndex {
    return this.#ranges[address.family][this.#blocks.intervalOf(address)] ?? 0;
  }

  /** The peers of the addresses outside of the cluster that lie in a block. */
  rangesIn({ family, first, last }: AddressRange): readonly PeerIndex[] {
    const from = this.#blocks.intervalOf({ family, value: first });
    return this.#ranges[family].slice(from, this.#blocks.intervalOf({ family, value: last }) + 1);
  }

  /** The peer of a key, made when it is asked for first; undefined when there are too many. */
  late(key: string, make: () => PeerDraft): PeerIndex | undefined {
    const known = this.#late.get(key);
    if (known !== undefined) return known;
    if (this.#late.size >= latePeersMax) return undefined;
    const index = this.#add(make());
    this.#late.set(key, index);
    return index;
  }

  #add(draft: PeerDraft): PeerIndex {
    const index = this.peers.length;
    this.peers.push({ ...draft, index });
    return index;
  }

  #addPods(): void {
    const byNamespace = Map.groupBy(this.cluster.pods, (pod) => pod.namespace);
    for (const [name, pods] of byNamespace) {
      const namespace = this.cluster.namespaces.get(name);
      const known = new Map<string, PeerIndex>();
      for (const pod of pods) {
        if (pod.hostNetwork) continue;
        const addresses = addressesOf(pod.ips);
        const key = podKey(
          pod,
          addresses.map((address) => this.addressClass(address)),
        );
        let index = known.get(key);
        if (index === undefined) {
          index = this.#add(podDraft(pod, { namespace, clusterName: this.clusterName, addresses }));
          known.set(key, index);
          this.#podsOf[index] = [];
          append(this.workloads, refText(pod.workload), index);
        }
        this.#podsOf[index]?.push(pod);
        const peers = [index];
        this.pods.set(`${name}/${pod.name}`, { pod, peers });
        for (const ip of pod.ips) this.owners.set(ip, { peers, pod });
      }
    }
  }

  #addNodes(): void {
    const hostPods = Map.groupBy(
      this.cluster.pods.filter((pod) => pod.hostNetwork),
      (pod) => pod.node,
    );
    const known = new Map(this.cluster.nodes.map((node) => [node.name, node]));
    const names = new Set([...known.keys(), ...this.cluster.pods.map((pod) => pod.node), '']);
    const apiServer = new Set(apiServerAddresses(this.cluster));
    for (const name of [...names].toSorted()) {
      const pods = hostPods.get(name) ?? [];
      const node = known.get(name);
      const ips = [...new Set([...(node?.addresses ?? []), ...(name === '' ? [] : pods.flatMap((pod) => pod.ips))])];
      const [host, remote] = this.#addNode(
        name,
        node,
        ips,
        ips.some((ip) => apiServer.has(ip)),
      );
      this.nodes.set(name, { host, remote });
      const peers = [host, remote];
      for (const ip of ips) this.owners.set(ip, { peers });
      for (const pod of pods) {
        this.pods.set(`${pod.namespace}/${pod.name}`, { pod, peers });
        for (const index of peers) {
          (this.#podsOf[index] ??= []).push(pod);
          append(this.workloads, refText(pod.workload), index);
        }
      }
    }
  }

  #addNode(name: string, node: Node | undefined, ips: readonly string[], apiServer: boolean): [PeerIndex, PeerIndex] {
    const draft = (side: 'host' | 'remote-node'): PeerDraft =>
      nodeDraft(name, node, { side, addresses: addressesOf(ips), apiServer, clusterName: this.#nodesCluster });
    return [this.#add(draft('host')), this.#add(draft('remote-node'))];
  }

  #addReserved(): void {
    for (const name of RESERVED) this.reserved.set(name, [this.#add(entityDraft(name))]);
    const servers = apiServerAddresses(this.cluster);
    const onNodes = servers.flatMap((ip) => this.owners.get(ip)?.peers ?? []);
    const outside = servers.filter((ip) => !this.owners.has(ip));
    const found = [...onNodes];
    for (const ip of outside.length === 0 && onNodes.length === 0 ? [undefined] : outside) {
      const index = this.#add(apiServerDraft(addressesOf(ip === undefined ? [] : [ip])));
      found.push(index);
      if (ip !== undefined) this.owners.set(ip, { peers: [index] });
    }
    this.reserved.set('kube-apiserver', found);
  }

  #addRanges(): void {
    for (const family of [4, 6] as const) {
      for (const range of this.#blocks.intervals(family)) this.#ranges[family].push(this.#add(rangeDraft(range)));
    }
  }
}

function append<K>(map: Map<K, PeerIndex[]>, key: K, index: PeerIndex): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [index]);
  else list.push(index);
}
