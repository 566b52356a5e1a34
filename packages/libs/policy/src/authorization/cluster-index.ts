import type { Cluster, Pod, Service } from '../model/cluster.ts';
import type { Labels } from '../model/selector.ts';
import { PodsOfNamespace, hasLabels } from './pods-of-namespace.ts';

/** Finds pods and services of a cluster; built once, shared by engines over the same cluster. */
export interface ClusterIndex {
  readonly cluster: Cluster;
  pod(namespace: string, name: string): Pod | undefined;
  podByAddress(ip: string): Pod | undefined;
  podsOf(namespace: string, workload: { readonly kind: string; readonly name: string }): readonly Pod[];
  /** Pods of the namespace that have all of these labels. */
  podsWith(namespace: string, labels: Labels): readonly Pod[];
  /** The same for pods that policies can't tell apart. */
  kindOf(pod: Pod): string;
  service(namespace: string, name: string): Service | undefined;
  /** Services of the namespace that select a pod with these labels. */
  servicesOf(namespace: string, labels: Labels): readonly Service[];
}

/** Indexes a cluster: linear in its pods and services. */
export function indexCluster(cluster: Cluster): ClusterIndex {
  const byName = new Map<string, Map<string, Pod>>();
  const byAddress = new Map<string, Pod>();
  const byNamespace = new Map<string, PodsOfNamespace>();
  for (const pod of cluster.pods) {
    getOrAdd(byName, pod.namespace, () => new Map<string, Pod>()).set(pod.name, pod);
    // Pods on the host's network share its address: it names none of them.
    if (!pod.hostNetwork) for (const ip of pod.ips) byAddress.set(ip, pod);
    getOrAdd(byNamespace, pod.namespace, () => new PodsOfNamespace()).all.push(pod);
  }
  const services = Map.groupBy(cluster.services, ({ namespace }) => namespace);
  const kinds = new WeakMap<Pod, string>();
  return {
    cluster,
    pod: (namespace, name) => byName.get(namespace)?.get(name),
    podByAddress: (ip) => byAddress.get(ip),
    podsOf: (namespace, { kind, name }) => byNamespace.get(namespace)?.of(kind, name) ?? [],
    podsWith: (namespace, labels) => byNamespace.get(namespace)?.with(labels) ?? [],
    kindOf: (pod) => {
      const kind = kinds.get(pod) ?? kindKey(pod);
      kinds.set(pod, kind);
      return kind;
    },
    service: (namespace, name) => services.get(namespace)?.find((service) => service.name === name),
    servicesOf: (namespace, labels) => (services.get(namespace) ?? []).filter((service) => selectsPod(service, labels)),
  };
}

/** Whether a service selects a pod; one without selector, or with an empty one, selects none by itself. */
function selectsPod({ selector }: Service, labels: Labels): boolean {
  return isSelecting(selector) && hasLabels(labels, selector);
}

/** Whether a service's selector selects pods at all. */
export function isSelecting(selector: Service['selector']): selector is NonNullable<Service['selector']> {
  return selector !== undefined && selector.size > 0;
}

function kindKey({ labels, meshDataPlane, hostNetwork }: Pod): string {
  return JSON.stringify([[...labels].toSorted(([a], [b]) => (a < b ? -1 : 1)), meshDataPlane, hostNetwork]);
}

function getOrAdd<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
