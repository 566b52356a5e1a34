import type { Cluster, EndpointSlice, Namespace, Node, Pod, Service } from '../../model/cluster.ts';
import type { ObjectRef } from '../../model/object-ref.ts';
import type { CidrGroup } from '../../model/policy.ts';

// How the parts of a cluster are named, so that a change can say which it means.

export const namespaceRef = ({ name }: Pick<Namespace, 'name'>): ObjectRef => ({
  kind: 'Namespace',
  namespace: '',
  name,
});

export const nodeRef = ({ name }: Node): ObjectRef => ({ kind: 'Node', namespace: '', name });

export const podRef = ({ namespace, name }: Pick<Pod, 'namespace' | 'name'>): ObjectRef => ({
  kind: 'Pod',
  namespace,
  name,
});

export const serviceRef = ({ namespace, name }: Service): ObjectRef => ({ kind: 'Service', namespace, name });

export const sliceRef = ({ namespace, name }: EndpointSlice): ObjectRef => {
  const [endpoints, subset] = name.split('/');
  return subset === undefined
    ? { kind: 'EndpointSlice', namespace, name }
    : { kind: 'Endpoints', namespace, name: endpoints ?? '' };
};

export const cidrGroupRef = ({ name }: CidrGroup): ObjectRef => ({ kind: 'CiliumCIDRGroup', namespace: '', name });

/** Every object of which a cluster knows something, pods' workloads among them; not the implied namespaces. */
export function objectRefs(cluster: Cluster): ObjectRef[] {
  return [
    ...[...cluster.namespaces.values()].filter(({ implied }) => !implied).map(namespaceRef),
    ...cluster.nodes.map(nodeRef),
    ...cluster.pods.map(({ workload }) => workload),
    ...cluster.pods.filter(({ template }) => !template).map(podRef),
    ...cluster.services.map(serviceRef),
    ...cluster.endpointSlices.map(sliceRef),
    ...cluster.policies.map(({ ref }) => ref),
    ...cluster.cidrGroups.map(cidrGroupRef),
  ];
}
