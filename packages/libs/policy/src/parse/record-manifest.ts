import type { Container, CustomSpec, PodSpec, Resource, ServiceSpec, WorkloadSpec } from '@kestrel/proto/events';
import type { JsonObject } from './text/json-object.ts';

/**
 * A record as the manifest that it came from, as far as it kept it: so that records and manifests are read by one reader.
 * Undefined for a record without object or spec.
 */
export function recordManifest({ ref, labels, annotations, owners, spec }: Resource): JsonObject | undefined {
  if (ref === undefined || spec === undefined) return undefined;
  // Only owners that were seen: above an unresolved one nothing is known.
  const [owner] = spec.$case === 'pod' ? podOwner(spec.value) : owners.filter((each) => each.resolved).slice(-1);
  return {
    apiVersion: ref.group === '' ? ref.version : `${ref.group}/${ref.version}`,
    kind: ref.kind,
    metadata: {
      name: ref.name,
      namespace: ref.namespace,
      labels,
      annotations,
      ownerReferences: owner === undefined ? [] : [{ kind: owner.kind, name: owner.name, controller: true }],
    },
    ...body(spec, ref.kind),
  };
}

function podOwner({ workload }: PodSpec): { kind: string; name: string }[] {
  return workload === undefined || workload.kind === '' || workload.kind === 'Pod' ? [] : [workload];
}

function body(spec: NonNullable<Resource['spec']>, kind: string): JsonObject {
  switch (spec.$case) {
    case 'node':
      return { spec: { podCIDRs: spec.value.podCidrs }, status: { addresses: spec.value.addresses } };
    case 'pod':
      return podBody(spec.value);
    case 'service':
      return serviceBody(spec.value);
    case 'endpointSlice': {
      const { addressType, endpoints, ports } = spec.value;
      return { addressType, endpoints, ports: ports.map((port) => ({ ...port, port: port.port || null })) };
    }
    case 'workload':
      return workloadBody(spec.value, kind);
    case 'policy':
      return { spec: spec.value.spec, specs: spec.value.specs.length === 0 ? undefined : spec.value.specs };
    case 'custom':
      return customBody(spec.value);
    case 'namespace':
    case 'serviceAccount':
    case 'ingress':
      return {};
  }
}

function podBody(pod: PodSpec): JsonObject {
  return {
    spec: {
      nodeName: pod.node,
      hostNetwork: pod.hostNetwork,
      serviceAccountName: pod.serviceAccount,
      ...containers(pod.containers),
    },
    status: { phase: pod.phase, podIPs: pod.ips.map((ip) => ({ ip })) },
  };
}

function workloadBody(workload: WorkloadSpec, kind: string): JsonObject {
  const template = {
    metadata: { labels: workload.templateLabels },
    spec: {
      hostNetwork: workload.hostNetwork,
      serviceAccountName: workload.serviceAccount,
      ...containers(workload.containers),
    },
  };
  if (kind === 'CronJob') return { spec: { jobTemplate: { spec: { template } } } };
  return { spec: { replicas: workload.replicas, template } };
}

function containers(all: readonly Container[]): JsonObject {
  return {
    containers: all.filter((each) => !each.sidecar).map(container),
    initContainers: all.filter((each) => each.sidecar).map((each) => ({ ...container(each), restartPolicy: 'Always' })),
  };
}

function container({ name, ports }: Container): JsonObject {
  return {
    name,
    ports: ports.map((port) => ({ name: port.name, containerPort: port.port, protocol: port.protocol || null })),
  };
}

function serviceBody(service: ServiceSpec): JsonObject {
  return {
    spec: {
      type: service.type,
      clusterIPs: service.clusterIps,
      externalIPs: service.externalIps,
      selector: service.selector,
      ports: service.ports.map((port) => ({
        name: port.name,
        protocol: port.protocol || null,
        port: port.port,
        targetPort: /^[0-9]+$/.test(port.targetPort) ? Number(port.targetPort) : port.targetPort,
        nodePort: port.nodePort,
        appProtocol: port.appProtocol,
      })),
    },
  };
}

/** The configured field `spec`, or those directly in it (`spec.externalCIDRs`): no kind that is read has more. */
function customBody({ fields }: CustomSpec): JsonObject {
  const inSpec = Object.entries(fields ?? {}).flatMap(([path, value]): [string, unknown][] => {
    const [root, key, ...deeper] = path.split('.');
    return root === 'spec' && key !== undefined && deeper.length === 0 ? [[key, value]] : [];
  });
  return { spec: fields?.['spec'] ?? Object.fromEntries(inSpec) };
}
