import { RECORDED_SERVICE_ACCOUNT } from '../../model/recorded-labels.ts';
import { addressText, parseAddress } from '../../address/address.ts';
import { parseCidr } from '../../address/cidr.ts';
import type { Address, AddressFamily } from '../../address/address.ts';
import type { Pod } from '../../model/cluster.ts';
import { isControllerLabel } from '../../model/controller-labels.ts';
import { workloadsByPodName } from '../../model/generated-name.ts';
import { refText } from '../../model/object-ref.ts';
import type { Labels } from '../../model/selector.ts';
import { ENDPOINT_LABELS } from '../rule.ts';
import type { EndpointQuery, PeerIndex } from '../peer.ts';
import { ServiceBackends } from './service-backends.ts';
import { anyoneDraft, strangerDraft, worldDraft } from './peer-drafts.ts';
import type { Universe } from './universe.ts';
import { noNamedPorts, podLabels, type UniversePeer } from './universe-peer.ts';

/** Finds the peers that a question means. */
export class Resolver {
  readonly #universe: Universe;
  readonly #known = new WeakMap<EndpointQuery, readonly PeerIndex[]>();
  readonly #backends: ServiceBackends;
  #byNamespace: Map<string, PeerIndex[]> | undefined;

  constructor(universe: Universe) {
    this.#universe = universe;
    this.#backends = new ServiceBackends(universe);
  }

  /** Empty when it can't be told. Kept for the object of the question. */
  resolve(query: EndpointQuery): readonly PeerIndex[] {
    let peers = this.#known.get(query);
    if (peers === undefined) {
      peers = this.#find(query);
      this.#known.set(query, peers);
    }
    return peers;
  }

  /** The one pod that a question names, by name or address. */
  podOf({ pod, ip, entity }: EndpointQuery): Pod | undefined {
    if (pod !== undefined) return this.#universe.pods.get(`${pod.namespace}/${pod.name}`)?.pod;
    if (ip === undefined || entity !== undefined) return undefined;
    return this.#universe.owners.get(ownerKey(ip))?.pod;
  }

  /** The peer as it is by one address: of two families a connection uses one. */
  byAddress(peer: PeerIndex, address: Address): PeerIndex | undefined {
    const { base = peer, addresses } = this.#universe.peer(peer);
    const facts = this.#universe.peer(base);
    const wanted = this.#universe.addressClass(address);
    if (addresses.length > 0 && addresses.every((each) => this.#universe.addressClass(each) === wanted)) return peer;
    return this.#universe.late(`${base} at ${wanted}`, () => ({ ...facts, addresses: [address], base }));
  }

  /** The peer as it is in one family, where it has an address in it. */
  inFamily(peer: PeerIndex, family: AddressFamily): PeerIndex | undefined {
    const { addresses, kind, base = peer } = this.#universe.peer(peer);
    if (kind === 'range' || addresses.every((address) => address.family === family)) return peer;
    const ofFamily = addresses.filter((address) => address.family === family);
    if (ofFamily.length === 0) return peer;
    const key = `${base} at ${ofFamily.map((address) => this.#universe.addressClass(address)).join()}`;
    return this.#universe.late(key, () => ({ ...this.#universe.peer(base), addresses: ofFamily, base }));
  }

  #find(query: EndpointQuery): readonly PeerIndex[] {
    const { pod, workload, labels, ip, entity } = query;
    const address = ip === undefined ? undefined : parseAddress(ip);
    const known = pod && this.#universe.pods.get(`${pod.namespace}/${pod.name}`);
    if (known !== undefined) return this.#side(this.#at(known.peers, address), entity);
    const standIn = pod && this.#standIn(pod);
    if (standIn !== undefined) return this.#at(standIn, address);
    const ofWorkload = workload && this.#universe.workloads.get(refText(workload));
    if (ofWorkload !== undefined) {
      const narrowed = ofWorkload.filter((peer) => this.#hasLabels(peer, labels));
      if (narrowed.length > 0) return this.#side(this.#at(narrowed, address), entity);
    }
    const namespace = query.namespace ?? pod?.namespace ?? workload?.namespace;
    if (labels !== undefined && namespace !== undefined && entity === undefined) {
      return this.#byLabels({ ...query, labels, namespace }, address);
    }
    if (address !== undefined) return this.#byIp(query, address);
    const block = ip === undefined || (entity !== undefined && entity !== 'world') ? undefined : parseCidr(ip);
    if (block !== undefined) return this.#named(this.#universe.rangesIn(block), query.dnsNames);
    if (entity !== undefined) return this.#byEntity(entity);
    if (query.anyone === true) return this.#stranger(undefined);
    if (namespace === undefined || workload !== undefined) return [];
    const pods = pod === undefined ? this.#ofNamespace(namespace) : [];
    return pods.length > 0 ? pods : this.#stranger(namespace);
  }

  /** The pods of a workload of which none is given: a pod that is named as its controller names them is one of these. */
  #standIn(pod: { readonly namespace: string; readonly name: string }): readonly PeerIndex[] | undefined {
    const found = workloadsByPodName(pod).flatMap((workload) => {
      const peers = this.#universe.workloads.get(refText(workload));
      return peers?.every((peer) => this.#universe.podsOf(peer).every(({ template }) => template)) ? [peers] : [];
    });
    return found.length === 1 ? found[0] : undefined;
  }

  #at(peers: readonly PeerIndex[], address: Address | undefined): readonly PeerIndex[] {
    if (address === undefined) return peers;
    return peers.flatMap((peer) => this.byAddress(peer, address) ?? []);
  }

  /** Of a node's two peers the one that the data plane saw, if it said so. */
  #side(peers: readonly PeerIndex[], entity: EndpointQuery['entity']): readonly PeerIndex[] {
    if (entity !== 'host' && entity !== 'remote-node') return peers;
    return peers.filter((peer) => (this.#universe.peer(peer).nodeSide ?? entity) === entity);
  }

  #byIp({ pod, namespace = pod?.namespace, dnsNames, entity }: EndpointQuery, address: Address): readonly PeerIndex[] {
    const owner = this.#universe.owners.get(addressText(address));
    if (owner !== undefined && entity !== 'world') {
      // The pod that is asked for is gone, and another one has its address now.
      if (pod !== undefined && owner.pod !== undefined) return this.#stranger(namespace, address);
      return this.#named(this.#side(this.#at(owner.peers, address), entity), dnsNames);
    }
    if (entity !== undefined && entity !== 'world') return this.#at(this.#byEntity(entity), address);
    const backends = entity === undefined ? this.#backends.of(addressText(address)) : [];
    if (backends.length > 0) return backends;
    if (namespace !== undefined && entity === undefined) return this.#stranger(namespace, address);
    return this.#named([this.#universe.rangeOf(address)], dnsNames);
  }

  /** Addresses outside of the cluster with their names. */
  #named(peers: readonly PeerIndex[], dnsNames: EndpointQuery['dnsNames']): readonly PeerIndex[] {
    if (dnsNames === undefined) return peers;
    const names = [...new Set(dnsNames)].toSorted();
    return peers.flatMap((peer) => {
      const facts = this.#universe.peer(peer);
      if (facts.dnsNames !== undefined) return peer;
      const key = `${peer} named ${names.join()}`;
      return this.#universe.late(key, () => ({ ...facts, dnsNames: names, base: peer })) ?? [];
    });
  }

  #byEntity(entity: NonNullable<EndpointQuery['entity']>): readonly PeerIndex[] {
    switch (entity) {
      case 'host':
      case 'remote-node': {
        const { nodes } = this.#universe;
        const named = [...nodes].filter(([name]) => name !== '');
        const [only] = named;
        const node = named.length === 1 && only !== undefined ? only[1] : nodes.get('');
        return node === undefined ? [] : [entity === 'host' ? node.host : node.remote];
      }
      case 'world': {
        const world = this.#universe.late('world', worldDraft);
        return world === undefined ? [] : [world];
      }
      default:
        return this.#universe.reserved.get(entity) ?? [];
    }
  }

  /** A pod by its labels: those that are there with just these, else one that is gone. */
  #byLabels(
    query: EndpointQuery & { readonly labels: NonNullable<EndpointQuery['labels']>; readonly namespace: string },
    address: Address | undefined,
  ): readonly PeerIndex[] {
    const { labels, namespace, workload } = query;
    const own = new Map([...labels].filter(([key]) => key !== RECORDED_SERVICE_ACCOUNT));
    const alive = this.#ofNamespace(namespace).filter(
      (peer) => this.#hasLabels(peer, own) && this.#podLabelCount(peer) === own.size,
    );
    if (alive.length > 0) return this.#at(alive, address);
    const text = [...labels].map(([key, value]) => `${key}=${value}`).toSorted();
    const at = address === undefined ? '' : this.#universe.addressClass(address);
    const ref = workload === undefined ? '' : refText(workload);
    const kin = this.#madeFrom(workload, own);
    const serviceAccount = labels.get(RECORDED_SERVICE_ACCOUNT) ?? kin?.labels.get(ENDPOINT_LABELS.serviceAccount);
    const ghost = this.#universe.late(`${namespace} ${ref} ${text.join()} at ${at}`, () => ({
      kind: 'pod',
      labels: podLabels(
        { namespace, labels: own, serviceAccount },
        { namespace: this.#universe.cluster.namespaces.get(namespace), clusterName: this.#universe.clusterName },
      ),
      ...(workload === undefined ? {} : { workload }),
      namedPorts: kin?.namedPorts ?? noNamedPorts,
      namedPortsKnown: kin !== undefined,
      name: ref === '' ? `a pod of ${namespace} with ${text.join()}` : ref,
      addresses: address === undefined ? [] : [address],
      unknownLabels: [
        ...(serviceAccount === undefined ? [ENDPOINT_LABELS.serviceAccount] : []),
        ...(this.#universe.cluster.namespaces.has(namespace) ? [] : [ENDPOINT_LABELS.ofNamespace('')]),
      ],
      dnsNames: [],
    }));
    return ghost === undefined ? [] : [ghost];
  }

  /** A pod that is not given: of its namespace, or of anything at all. */
  #stranger(namespace: string | undefined, address?: Address): readonly PeerIndex[] {
    const at = address === undefined ? '' : this.#universe.addressClass(address);
    const stranger = this.#universe.late(`a stranger of ${namespace ?? ''} at ${at}`, () =>
      namespace === undefined
        ? anyoneDraft()
        : strangerDraft(namespace, {
            namespace: this.#universe.cluster.namespaces.get(namespace),
            clusterName: this.#universe.clusterName,
            addresses: address === undefined ? [] : [address],
          }),
    );
    return stranger === undefined ? [] : [stranger];
  }

  /** The template that a pod was made from: the same labels but for those that its controller adds. */
  #madeFrom(workload: EndpointQuery['workload'], own: Labels): UniversePeer | undefined {
    if (workload === undefined) return undefined;
    const fromTemplate = new Map([...own].filter(([key]) => !isControllerLabel(key)));
    const found = this.#universe.workloads
      .get(refText(workload))
      ?.find((peer) => this.#hasLabels(peer, fromTemplate) && this.#podLabelCount(peer) === fromTemplate.size);
    return found === undefined ? undefined : this.#universe.peer(found);
  }

  #ofNamespace(namespace: string): readonly PeerIndex[] {
    this.#byNamespace ??= Map.groupBy(
      this.#universe.peers.slice(0, this.#universe.sealed).flatMap((peer) => (peer.kind === 'pod' ? peer.index : [])),
      (peer) => this.#universe.peer(peer).labels.get(ENDPOINT_LABELS.namespace) ?? '',
    );
    return this.#byNamespace.get(namespace) ?? [];
  }

  #hasLabels(peer: PeerIndex, labels: EndpointQuery['labels']): boolean {
    if (labels === undefined) return true;
    const { labels: own } = this.#universe.peer(peer);
    for (const [key, value] of labels) {
      const wanted = key === RECORDED_SERVICE_ACCOUNT ? ENDPOINT_LABELS.serviceAccount : ENDPOINT_LABELS.pod(key);
      if (own.get(wanted) !== value) return false;
    }
    return true;
  }

  #podLabelCount(peer: PeerIndex): number {
    const prefix = ENDPOINT_LABELS.pod('');
    return [...this.#universe.peer(peer).labels.keys()].filter((key) => key.startsWith(prefix)).length;
  }
}

/** Canonical text of an address, or what was given where it is none. */
function ownerKey(ip: string): string {
  const address = parseAddress(ip);
  return address === undefined ? ip : addressText(address);
}
