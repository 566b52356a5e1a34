import { flag, isObject, object, text, textMap, uint32 } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { readContainers } from './containers.ts';
import type { Spec } from './spec-normalizer.ts';

/** Where the kinds of workload differ. */
interface WorkloadShape {
  /** Desired pods. */
  readonly replicas: (spec: JsonObject) => number;
  readonly readyReplicas: (status: JsonObject) => number;
  readonly suspended: (spec: JsonObject) => boolean;
}

/** Deployment, StatefulSet, ReplicaSet: absent `replicas` counts as 1 (apps/v1 defaulting). */
export const replicatedSpec = (source: JsonObject): Spec =>
  workloadSpec(source, {
    replicas: (spec) => (spec['replicas'] === undefined ? 1 : uint32(spec['replicas'])),
    readyReplicas: (status) => uint32(status['readyReplicas']),
    suspended: (spec) => flag(spec['paused']),
  });

export const daemonSetSpec = (source: JsonObject): Spec =>
  workloadSpec(source, {
    replicas: () => 0,
    readyReplicas: (status) => uint32(status['numberReady']),
    suspended: () => false,
  });

export const jobSpec = (source: JsonObject): Spec =>
  workloadSpec(source, {
    replicas: (spec) => (spec['parallelism'] === undefined ? 1 : uint32(spec['parallelism'])),
    readyReplicas: (status) => uint32(status['ready']),
    suspended: (spec) => flag(spec['suspend']),
  });

export const cronJobSpec = (source: JsonObject): Spec => {
  const spec = object(source['spec']);
  return workloadSpec(
    source,
    { replicas: () => 0, readyReplicas: () => 0, suspended: () => flag(spec['suspend']) },
    object(object(spec['jobTemplate'])['spec']),
  );
};

/** `templated` is where the pod template stands. */
function workloadSpec(source: JsonObject, shape: WorkloadShape, templated = object(source['spec'])): Spec {
  const spec = object(source['spec']);
  const status = object(source['status']);
  const template = object(templated['template']);
  const podSpec = object(template['spec']);
  const { selector } = templated;
  return {
    $case: 'workload',
    value: {
      replicas: shape.replicas(spec),
      readyReplicas: shape.readyReplicas(status),
      selector: isObject(selector) ? selector : undefined,
      templateLabels: textMap(object(template['metadata'])['labels']),
      serviceAccount: text(podSpec['serviceAccountName']),
      containers: readContainers(podSpec),
      hostNetwork: flag(podSpec['hostNetwork']),
      schedule: text(spec['schedule']),
      suspended: shape.suspended(spec),
    },
  };
}
