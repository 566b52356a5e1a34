import {
  ResourceDeleted_Reason,
  type Resource,
  type ResourceDeleted,
  type ResourceOversize,
} from '@kestrel/proto/events';
import type { z } from 'zod';
import {
  enumeration,
  flag,
  instant,
  labels,
  listOf,
  maybe,
  message,
  struct,
  text,
  texts,
  uint32,
  uint64,
} from './message.ts';
import { workloadRef } from './traffic-messages.ts';

const ref = message({
  group: text,
  version: text,
  kind: text,
  namespace: text,
  name: text,
  uid: text,
  resourceVersion: text,
}).refine(({ kind, name }) => kind !== '' && name !== '', 'kind and name are needed');

const containerPort = message({ name: text, port: uint32, protocol: text, hostPort: uint32 });
const container = message({ name: text, image: text, ports: listOf(containerPort), sidecar: flag });

const specs = {
  namespace: maybe(message({ phase: text })),
  node: maybe(
    message({
      addresses: listOf(message({ type: text, address: text })),
      podCidrs: texts,
      ready: flag,
      unschedulable: flag,
      kubeletVersion: text,
      providerId: text,
    }),
  ),
  pod: maybe(
    message({
      node: text,
      ips: texts,
      hostIps: texts,
      hostNetwork: flag,
      serviceAccount: text,
      phase: text,
      ready: flag,
      containers: listOf(container),
      workload: maybe(workloadRef),
    }),
  ),
  service: maybe(
    message({
      type: text,
      clusterIps: texts,
      externalIps: texts,
      selector: labels,
      ports: listOf(
        message({
          name: text,
          protocol: text,
          port: uint32,
          targetPort: text,
          nodePort: uint32,
          appProtocol: text,
        }),
      ),
      externalName: text,
    }),
  ),
  endpointSlice: maybe(
    message({
      service: text,
      addressType: text,
      endpoints: listOf(message({ addresses: texts, ready: flag, podUid: text, pod: text, node: text })),
      ports: listOf(containerPort),
    }),
  ),
  serviceAccount: maybe(message({ automountToken: flag })),
  workload: maybe(
    message({
      replicas: uint32,
      readyReplicas: uint32,
      selector: maybe(struct),
      templateLabels: labels,
      serviceAccount: text,
      containers: listOf(container),
      hostNetwork: flag,
      schedule: text,
      suspended: flag,
    }),
  ),
  ingress: maybe(
    message({
      class: text,
      rules: listOf(message({ host: text, path: text, pathType: text, service: text, port: text })),
      defaultBackend: text,
      tlsHosts: texts,
    }),
  ),
  policy: maybe(
    message({
      spec: maybe(struct),
      specs: listOf(struct),
      selectedWorkloads: listOf(workloadRef),
      selectedPods: uint32,
      selectionTruncated: flag,
      selectionUnknown: text,
    }),
  ),
  custom: maybe(message({ fields: maybe(struct), changedAt: instant })),
};

/** Resource, with what its kind adds as ts-proto's oneof. */
export const resource: z.ZodType<Resource> = message({
  ref,
  labels,
  annotations: labels,
  createdAt: instant,
  deletionRequestedAt: instant,
  owners: listOf(message({ group: text, kind: text, name: text, uid: text, resolved: flag })),
  ...specs,
}).transform(({ ref: of, labels: own, annotations, createdAt, deletionRequestedAt, owners, ...fields }): Resource => ({
  ref: of,
  labels: own,
  annotations,
  createdAt,
  deletionRequestedAt,
  owners,
  spec: specOf(fields),
}));

type SpecFields = { readonly [K in keyof typeof specs]?: z.output<(typeof specs)[K]> | undefined };

function specOf(given: SpecFields): Resource['spec'] {
  const { namespace, node, pod, service, endpointSlice, serviceAccount, workload, ingress, policy, custom } = given;
  if (namespace) return { $case: 'namespace', value: namespace };
  if (node) return { $case: 'node', value: node };
  if (pod) return { $case: 'pod', value: pod };
  if (service) return { $case: 'service', value: service };
  if (endpointSlice) return { $case: 'endpointSlice', value: endpointSlice };
  if (serviceAccount) return { $case: 'serviceAccount', value: serviceAccount };
  if (workload) return { $case: 'workload', value: workload };
  if (ingress) return { $case: 'ingress', value: ingress };
  if (policy) return { $case: 'policy', value: policy };
  if (custom) return { $case: 'custom', value: custom };
  return undefined;
}

/** ResourceDeleted: a tombstone. */
export const resourceDeleted: z.ZodType<ResourceDeleted> = message({
  ref,
  reason: enumeration(ResourceDeleted_Reason, 'REASON_'),
});

/** ResourceOversize: stands in for a record that was too large. */
export const resourceOversize: z.ZodType<ResourceOversize> = message({ ref, sizeBytes: uint64, digest: text });
