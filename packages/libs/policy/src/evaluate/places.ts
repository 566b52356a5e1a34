import { canonicalAddress } from '../address/address.ts';
import type { Cluster, Pod, Protocol, Service, ServicePort } from '../model/cluster.ts';
import { workloadsByPodName } from '../model/generated-name.ts';
import { refText } from '../model/object-ref.ts';
import { selects } from '../model/selector.ts';
import type { RequestLine } from './request-line.ts';

/** What a line comes to when its connection has got to where it is judged. */
export interface PlacedLine {
  /** One for each backend that may be chosen: at least one. */
  readonly lines: readonly [RequestLine, ...RequestLine[]];
  /** On the way through a service the source's address is replaced by a node's. */
  readonly sourceHidden: boolean;
}

/** A service by one of its addresses. */
interface Entrance {
  readonly service: Service;
  /** Who comes in through it from outside (or anybody, by a node's port) loses its address on the way. */
  readonly kind: 'cluster' | 'external' | 'node';
}

type Destination = RequestLine['dst'];

/** Finds the pods that lines mean by an address, or by the name of a pod that a workload would have made. */
export class Places {
  readonly #cluster: Cluster;
  readonly #pods = new Map<string, Pod>();
  readonly #byAddress = new Map<string, Pod>();
  /** Pods that stand for those of a workload, by its refText. */
  readonly #standIns = new Map<string, Pod>();
  readonly #services = new Map<string, Entrance>();
  readonly #nodes: ReadonlySet<string>;
  readonly #endpointsOf = new Map<ServicePort, readonly Destination[]>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#nodes = new Set(cluster.nodes.flatMap(({ addresses }) => addresses));
    for (const pod of cluster.pods) {
      this.#pods.set(`${pod.namespace}/${pod.name}`, pod);
      if (pod.template) this.#standIns.set(refText(pod.workload), pod);
      // Pods in the host's network share its address: it names none of them.
      if (!pod.hostNetwork) for (const ip of pod.ips) this.#byAddress.set(ip, pod);
    }
    for (const service of cluster.services) {
      for (const ip of service.externalIps) this.#services.set(ip, { service, kind: 'external' });
      for (const ip of service.clusterIps) this.#services.set(ip, { service, kind: 'cluster' });
    }
  }

  /** The line with its ends as they are after the translation of service addresses and ports. */
  of(line: RequestLine): PlacedLine {
    const placed = { ...line, src: this.#podOf(line.src) };
    const { dst, protocol } = line;
    const entrance = this.#entrance(dst, protocol);
    if (entrance === undefined) return { lines: [{ ...placed, dst: this.#podOf(dst) }], sourceHidden: false };
    const [first, ...others] = this.#backends(entrance, dst, protocol).map((backend) => ({ ...placed, dst: backend }));
    const fromPod = placed.src.pod !== undefined || placed.src.namespace !== undefined;
    const { service, kind } = entrance;
    const hides = kind === 'node' || (kind === 'external' && !fromPod);
    return {
      lines: [first ?? placed, ...others],
      sourceHidden: hides && service.externalTrafficPolicy !== 'Local',
    };
  }

  /** An end with the pod that has its address. */
  #podOf<T extends RequestLine['src'] | Destination>(end: T): T {
    const { namespace, pod, ip } = end;
    if (namespace !== undefined || pod !== undefined || ip === undefined) return end;
    const owner = this.#byAddress.get(canonical(ip));
    return owner === undefined ? end : { ...end, namespace: owner.namespace, pod: owner.name };
  }

  /** The name of the pod that stands for a pod which is not given: its workload's, if its name tells; else its own. */
  standIn(namespace: string, name: string): string {
    if (this.#pods.has(`${namespace}/${name}`)) return name;
    const found = workloadsByPodName({ namespace, name }).flatMap(
      (workload) => this.#standIns.get(refText(workload)) ?? [],
    );
    const [only] = found;
    return only !== undefined && found.length === 1 ? only.name : name;
  }

  #entrance({ ip, port }: Destination, protocol: Protocol): Entrance | undefined {
    if (ip === undefined) return undefined;
    const address = canonical(ip);
    if (this.#byAddress.has(address)) return undefined;
    const known = this.#services.get(address);
    if (known !== undefined || !this.#nodes.has(address)) return known;
    const service = this.#cluster.services.find(({ ports }) =>
      ports.some((each) => each.nodePort === port && each.protocol === protocol),
    );
    return service && { service, kind: 'node' };
  }

  /**
   * Where a connection to a service goes. A port that the service has not is taken as the backend's own; what the named pod
   * can't have is an address of the service, so it is left out.
   */
  #backends({ service, kind }: Entrance, dst: Destination, protocol: Protocol): readonly Destination[] {
    const named: Destination = { ...dst, ip: undefined };
    const ports = service.ports.filter(
      (each) => each.protocol === protocol && (kind === 'node' ? each.nodePort : each.port) === dst.port,
    );
    const [port] = ports;
    if (port === undefined) return dst.pod === undefined ? [dst] : [named];
    const backends = this.#endpoints(service, port);
    if (dst.pod === undefined) return backends.length > 0 ? backends : [dst];
    const own = backends.filter(({ namespace, pod }) => namespace === dst.namespace && pod === dst.pod);
    return own.length > 0 ? own : [named];
  }

  #endpoints(service: Service, port: ServicePort): readonly Destination[] {
    let endpoints = this.#endpointsOf.get(port);
    if (endpoints === undefined) {
      endpoints = this.#findEndpoints(service, port);
      this.#endpointsOf.set(port, endpoints);
    }
    return endpoints;
  }

  #findEndpoints(service: Service, port: ServicePort): Destination[] {
    const slices = this.#cluster.endpointSlices.filter(
      (slice) => slice.namespace === service.namespace && slice.service === service.name,
    );
    const listed = slices.flatMap(({ addresses, ports }) => {
      const number = ports.find((each) => each.name === port.name && each.protocol === port.protocol)?.port;
      if (number === undefined) return [];
      return addresses.map((ip): Destination => {
        const pod = this.#byAddress.get(ip);
        return pod === undefined ? { namespace: undefined, pod: undefined, ip, port: number } : at(pod, number);
      });
    });
    if (listed.length > 0) return listed;
    const wanted = Array.from(service.selector ?? [], ([key, value]) => ({
      key,
      operator: 'In' as const,
      values: [value],
    }));
    if (wanted.length === 0) return [];
    return this.#cluster.pods
      .filter((pod) => pod.namespace === service.namespace && selects(wanted, pod.labels))
      .flatMap((pod) => targetsOn(pod, port).map((number) => at(pod, number)));
  }
}

function at({ namespace, name }: Pod, port: number): Destination {
  return { namespace, pod: name, ip: undefined, port };
}

/** The port of a pod that a service's port leads to; none where the pod lacks the name. */
function targetsOn({ namedPorts }: Pod, { target, protocol }: ServicePort): number[] {
  if (typeof target === 'number') return [target];
  const named = namedPorts.find(({ name, protocol: of }) => name === target && of === protocol);
  return named === undefined ? [] : [named.port];
}

function canonical(ip: string): string {
  return canonicalAddress(ip) ?? ip;
}
