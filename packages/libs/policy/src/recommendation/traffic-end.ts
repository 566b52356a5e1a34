import { canonicalAddress } from '../address/address.ts';
import { canonicalCidr } from '../address/cidr.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { EndpointQuery } from '../network/peer.ts';
import type { ObservedConnection } from '../traffic/observed-connection.ts';
import type { Workload, WorkloadCatalogue } from './workload-catalogue.ts';

/** What an end of observed traffic is, as far as recommending goes. */
export type TrafficEnd = {
  /** Unique among the ends of one reading. */
  readonly id: number;
  readonly query: EndpointQuery;
} & EndKind;

type EndKind =
  /** Pods that policies can select. */
  | { readonly kind: 'pods'; readonly workload: Workload }
  /** A node, or a pod on its node's network. `side` is undefined when it is not known whose node it is. */
  | {
      readonly kind: 'node';
      readonly side: 'host' | 'remote-node' | undefined;
      readonly cidr: string | undefined;
      readonly workload?: Workload;
    }
  | { readonly kind: 'api-server'; readonly cidr: string | undefined }
  | { readonly kind: 'world'; readonly cidr: string | undefined; readonly names: readonly string[] }
  | {
      readonly kind: 'reserved';
      readonly entity: 'ingress' | 'unmanaged' | 'init' | 'health';
      readonly cidr: string | undefined;
    }
  | { readonly kind: 'unknown' };

type PeerClass = ObservedConnection['sourceClass'];

/** Finds out what the ends of traffic are; equal queries (the same object) are one end. */
export class TrafficEnds {
  readonly #catalogue: WorkloadCatalogue;
  readonly #ends = new Map<EndpointQuery, TrafficEnd>();
  readonly #podWorkloads: ReadonlyMap<string, ObjectRef>;

  constructor(catalogue: WorkloadCatalogue, podWorkloads: ReadonlyMap<string, ObjectRef>) {
    this.#catalogue = catalogue;
    this.#podWorkloads = podWorkloads;
  }

  /** All ends that were read. */
  all(): Iterable<TrafficEnd> {
    return this.#ends.values();
  }

  read(query: EndpointQuery, peerClass: PeerClass): TrafficEnd {
    let end = this.#ends.get(query);
    if (end === undefined) {
      end = { id: this.#ends.size, query, ...this.#kindOf(query, peerClass) };
      this.#ends.set(query, end);
    }
    return end;
  }

  #kindOf(query: EndpointQuery, peerClass: PeerClass): EndKind {
    const cidr = blockOf(query.ip);
    const workload = this.#workloadOf(query, peerClass);
    if (workload !== undefined) {
      if (workload.pods.length > 0 || workload.hostPods.length === 0) return { kind: 'pods', workload };
      return { kind: 'node', side: undefined, cidr: cidr ?? soleAddress(workload), workload };
    }
    switch (query.entity) {
      case 'host':
      case 'remote-node':
        return { kind: 'node', side: query.entity, cidr };
      case 'kube-apiserver':
        return { kind: 'api-server', cidr };
      case 'world':
        return { kind: 'world', cidr, names: query.dnsNames ?? [] };
      case 'ingress':
      case 'unmanaged':
      case 'init':
      case 'health':
        return { kind: 'reserved', entity: query.entity, cidr };
      case undefined:
        break;
    }
    if (cidr === undefined) return { kind: 'unknown' };
    const isNode =
      query.ip !== undefined && this.#catalogue.nodeWithAddress(canonicalAddress(query.ip) ?? '') !== undefined;
    return isNode ? { kind: 'node', side: undefined, cidr } : { kind: 'world', cidr, names: query.dnsNames ?? [] };
  }

  #workloadOf(query: EndpointQuery, peerClass: PeerClass): Workload | undefined {
    const { pod, labels, ip } = query;
    const ref = query.workload ?? (pod && this.#podWorkloads.get(`${pod.namespace}/${pod.name}`));
    if (ref !== undefined) return this.#catalogue.enter(ref, labels);
    if (pod !== undefined) return this.#catalogue.enter({ kind: 'Pod', ...pod }, labels);
    if (query.entity !== undefined || ip === undefined || peerClass === 'world') return undefined;
    return this.#catalogue.withAddress(canonicalAddress(ip) ?? ip);
  }
}

/** The block of an address, or the block that addresses were folded to. */
function blockOf(ip: string | undefined): string | undefined {
  if (ip === undefined) return undefined;
  const address = canonicalAddress(ip);
  if (address === undefined) return canonicalCidr(ip);
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

function soleAddress({ hostPods }: Workload): string | undefined {
  const ips = new Set(hostPods.flatMap((pod) => pod.ips));
  return ips.size === 1 ? blockOf([...ips][0]) : undefined;
}
