import type { Service } from '../../model/cluster.ts';
import { selects } from '../../model/selector.ts';
import type { PeerIndex } from '../peer.ts';
import type { Universe } from './universe.ts';

/** Peers behind the addresses of services: policies are judged after translation to the backend. */
export class ServiceBackends {
  readonly #universe: Universe;
  readonly #services = new Map<string, Service>();
  readonly #known = new Map<string, readonly PeerIndex[]>();

  constructor(universe: Universe) {
    this.#universe = universe;
    for (const service of universe.cluster.services) {
      for (const ip of [...service.clusterIps, ...service.externalIps]) this.#services.set(ip, service);
    }
  }

  /** Empty for an address of no service, and where no backend is known. */
  of(ip: string): readonly PeerIndex[] {
    const service = this.#services.get(ip);
    if (service === undefined) return [];
    let backends = this.#known.get(ip);
    if (backends === undefined) {
      backends = [...new Set(this.#find(service))];
      this.#known.set(ip, backends);
    }
    return backends;
  }

  #find({ namespace, name, selector }: Service): PeerIndex[] {
    const { cluster, owners, pods } = this.#universe;
    const slices = cluster.endpointSlices.filter((slice) => slice.namespace === namespace && slice.service === name);
    const listed = slices.flatMap((slice) => slice.addresses).flatMap((ip) => owners.get(ip)?.peers ?? []);
    if (listed.length > 0 || selector === undefined || selector.size === 0) return listed;
    const wanted = Array.from(selector, ([key, value]) => ({ key, operator: 'In' as const, values: [value] }));
    return cluster.pods
      .filter((pod) => pod.namespace === namespace && selects(wanted, pod.labels))
      .flatMap((pod) => pods.get(`${namespace}/${pod.name}`)?.peers ?? []);
  }
}
