import type { Address } from '../address/address.ts';
import type { Pod, Service } from '../model/cluster.ts';
import type { AuthorizationProfile } from '../model/profile.ts';
import type { Labels } from '../model/selector.ts';
import type { AddressedService, Target } from './attachment.ts';
import { isSelecting } from './cluster-index.ts';
import type { ClusterIndex } from './cluster-index.ts';
import { POSSIBLE_DATA_PLANES, declaredProtocol, podDataPlane, reaches, waypointOf } from './data-plane.ts';
import type { DataPlane } from './data-plane.ts';
import { hasLabels } from './pods-of-namespace.ts';
import type { AuthorizationDestination } from './request.ts';
import { addressesOnce } from './source.ts';

/** Pods that policies can't tell apart, or labels of which no pod is known. */
export interface KnownDestination {
  readonly namespace: string;
  /** Undefined: not known. */
  readonly labels: Labels | undefined;
  readonly pods: readonly Pod[];
  /** Services that select it. */
  readonly services: readonly Service[];
  /** What may enforce there; several where the state doesn't tell, or where requests may go through a waypoint or not. */
  readonly dataPlanes: readonly DataPlane[];
  /** The service that the question names. */
  readonly addressed: AddressedService | undefined;
  /** All that are possible; none: not known. */
  readonly addresses: () => readonly Address[];
}

/** What the state tells of a destination: one entry for each kind of pod that it may be. */
export function knownDestinations(
  destination: AuthorizationDestination,
  index: ClusterIndex,
  profile: AuthorizationProfile,
): readonly KnownDestination[] {
  const { namespace, workload, ip } = destination;
  const isService = workload?.kind === 'Service' || workload?.kind === 'ServiceEntry';
  const addressed: AddressedService | undefined = isService
    ? {
        kind: workload.kind === 'Service' ? 'Service' : 'ServiceEntry',
        namespace: workload.namespace,
        name: workload.name,
      }
    : undefined;
  const pods = podsOf(destination, index);
  const known = (group: readonly Pod[], labels: Labels | undefined): KnownDestination => {
    const services = labels === undefined ? [] : index.servicesOf(namespace, labels);
    return {
      namespace,
      labels,
      pods: group,
      services,
      addressed,
      addresses: addressesOnce(() => (ip === undefined ? group.flatMap(({ ips }) => ips) : [ip])),
      dataPlanes: dataPlanes(group, services, namespace, index, profile),
    };
  };
  if (pods.length === 0) return [known([], destination.labels ?? (addressed === undefined ? undefined : new Map()))];
  const groups = Map.groupBy(pods, (pod) => index.kindOf(pod));
  return [...groups.values()].map((group) => known(group, group[0]?.labels));
}

/** What a proxy there does with a connection to a port. */
export function portProtocol({ services, pods }: KnownDestination, port: number): 'http' | 'tcp' | undefined {
  return declaredProtocol(services, pods, port);
}

/**
 * A destination as policies of a data plane see it. For a waypoint one for each service by which the port may have been
 * reached; without any, the pod itself.
 */
export function targetsOf(
  known: KnownDestination,
  dataPlane: DataPlane,
  port: number,
  index: ClusterIndex,
  assumedWaypoint: (namespace: string) => string | undefined,
): readonly Target[] {
  const { namespace, labels, pods, addressed } = known;
  if (dataPlane !== 'waypoint') return [{ namespace, labels }];
  const ofNamespace = index.cluster.namespaces.get(namespace)?.labels;
  const leading = known.services.filter(({ ports }) =>
    ports.some((each) => each.port === port || reaches(each.target, pods, port)),
  );
  const services = leading.length > 0 ? leading : known.services;
  const reached: readonly (AddressedService | undefined)[] =
    addressed === undefined
      ? services.map(({ namespace: of, name }) => ({ kind: 'Service' as const, namespace: of, name }))
      : [addressed];
  return (reached.length > 0 ? reached : [undefined]).map((service) => {
    const object = service?.kind === 'Service' ? index.service(service.namespace, service.name) : undefined;
    const asked = waypointOf(namespace, [
      object?.labels,
      service === undefined ? pods[0]?.labels : undefined,
      ofNamespace,
    ]);
    const waypoint = asked ?? { namespace, name: assumedWaypoint(namespace) };
    return { namespace, labels, waypoint, ...(service !== undefined && { service }) };
  });
}

function podsOf(
  { namespace, pod, workload, labels, ip }: AuthorizationDestination,
  index: ClusterIndex,
): readonly Pod[] {
  const named = pod === undefined ? undefined : index.pod(namespace, pod);
  if (named !== undefined) return [named];
  if (workload?.kind === 'Service') {
    const service = index.service(workload.namespace, workload.name);
    return isSelecting(service?.selector) ? index.podsWith(namespace, service.selector) : [];
  }
  if (workload !== undefined && workload.kind !== 'ServiceEntry') {
    const of = index.podsOf(namespace, workload);
    const narrowed = labels === undefined ? of : of.filter((each) => hasLabels(each.labels, labels));
    if (of.length > 0) return narrowed;
  }
  if (labels !== undefined) return index.podsWith(namespace, labels);
  const found = ip === undefined ? undefined : index.podByAddress(ip);
  return found?.namespace === namespace ? [found] : [];
}

function dataPlanes(
  pods: readonly Pod[],
  services: readonly Service[],
  namespace: string,
  index: ClusterIndex,
  profile: AuthorizationProfile,
): readonly DataPlane[] {
  if (profile.dataPlane !== 'by-pod') return [profile.dataPlane];
  const of = index.cluster.namespaces.get(namespace);
  const plane = podDataPlane(pods[0], of);
  if (plane === undefined) return POSSIBLE_DATA_PLANES;
  if (plane !== 'ztunnel') return [plane];
  const labelled = [...services.map((service) => service.labels), pods[0]?.labels, of?.labels];
  return waypointOf(namespace, labelled) === undefined ? ['ztunnel'] : ['ztunnel', 'waypoint'];
}
