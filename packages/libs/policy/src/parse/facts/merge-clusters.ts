import type { Cluster, Namespace, Pod } from '../../model/cluster.ts';
import type { ObjectRef } from '../../model/object-ref.ts';
import { refText } from '../../model/object-ref.ts';
import { meshDataPlane } from '../mesh/mesh-data-plane.ts';
import { saysInjected } from '../objects/read-pod.ts';
import { byNamespaceAndName, freeName, policyOrder, sorted } from './build-cluster.ts';
import { cidrGroupRef, namespaceRef, nodeRef, podRef, serviceRef, sliceRef } from './object-refs.ts';

/** What a change brings besides the objects of its own cluster. */
export interface ChangeScope {
  /** Workloads that the change gives, by the text of their reference. */
  readonly workloads: ReadonlyMap<string, unknown>;
  /** Whether the change deletes an object, by itself or with its namespace. */
  readonly gone: (ref: ObjectRef) => boolean;
}

/** A cluster with the objects of another one in it, without what a change deletes. Problems are the first one's. */
export function mergeClusters(before: Cluster, given: Cluster, scope: ChangeScope): Cluster {
  const { gone } = scope;
  const namespaces = mergeNamespaces(before, given, gone);
  return {
    namespaces,
    nodes: sorted(merge(before.nodes, given.nodes, nodeRef, gone), ({ name }) => name),
    pods: sorted(mergePods(before, given, namespaces, scope), byNamespaceAndName),
    services: sorted(merge(before.services, given.services, serviceRef, gone), byNamespaceAndName),
    endpointSlices: sorted(merge(before.endpointSlices, given.endpointSlices, sliceRef, gone), byNamespaceAndName),
    policies: sorted(
      merge(before.policies, given.policies, ({ ref }) => ref, gone),
      policyOrder,
    ),
    cidrGroups: sorted(merge(before.cidrGroups, given.cidrGroups, cidrGroupRef, gone), ({ name }) => name),
    signs: {
      ciliumConfig: given.signs.ciliumConfig ?? before.signs.ciliumConfig,
      cilium: before.signs.cilium ?? given.signs.cilium,
      otherPlugin: before.signs.otherPlugin ?? given.signs.otherPlugin,
      mesh: given.signs.mesh ?? before.signs.mesh,
    },
    problems: before.problems,
  };
}

function merge<T>(
  before: readonly T[],
  given: readonly T[],
  refOf: (value: T) => ObjectRef,
  gone: (ref: ObjectRef) => boolean,
): T[] {
  const replaced = new Set(given.map((each) => refText(refOf(each))));
  return [...before.filter((each) => !replaced.has(refText(refOf(each))) && !gone(refOf(each))), ...given];
}

/** A namespace that is only implied by the change doesn't replace one that is there. */
function mergeNamespaces(
  before: Cluster,
  given: Cluster,
  gone: (ref: ObjectRef) => boolean,
): ReadonlyMap<string, Namespace> {
  const all = new Map(before.namespaces);
  for (const namespace of given.namespaces.values()) {
    if (!namespace.implied || !all.has(namespace.name)) all.set(namespace.name, namespace);
  }
  for (const namespace of before.namespaces.values()) {
    if (gone(namespaceRef(namespace)) && !given.namespaces.has(namespace.name)) all.delete(namespace.name);
  }
  return new Map(sorted(all, ([name]) => name));
}

function mergePods(
  before: Cluster,
  given: Cluster,
  namespaces: ReadonlyMap<string, Namespace>,
  { workloads, gone }: ChangeScope,
): Pod[] {
  // A pod of a template is no object: its name gives way, and replaces nothing.
  const names = new Set(given.pods.filter(({ template }) => !template).map((pod) => refText(podRef(pod))));
  const stays = (pod: Pod): boolean =>
    !names.has(refText(podRef(pod))) &&
    !gone(podRef(pod)) &&
    !gone(pod.workload) &&
    !workloads.has(refText(pod.workload));
  const staying = before.pods.filter(stays);
  for (const pod of staying) names.add(refText(podRef(pod)));
  return [
    ...staying.map((pod) => withMesh(pod, before.namespaces.get(pod.namespace), namespaces)),
    ...given.pods
      .map((pod) => withMesh(pod, given.namespaces.get(pod.namespace), namespaces))
      .map((pod) => (pod.template ? { ...pod, name: freeName(pod, names) } : pod)),
  ];
}

/** Labels of a namespace enrol its pods in a mesh: they are looked at again where the namespace is another now. */
function withMesh(pod: Pod, known: Namespace | undefined, namespaces: ReadonlyMap<string, Namespace>): Pod {
  const namespace = namespaces.get(pod.namespace);
  if (namespace === undefined || namespace === known) return pod;
  const running = !pod.template && pod.ips.length > 0;
  // A proxy that runs stays until the pod is made anew.
  const proxied = saysInjected(pod.annotations) || (running && pod.meshDataPlane === 'sidecar');
  return { ...pod, meshDataPlane: meshDataPlane({ ...pod, running, proxied }, namespace) };
}
