import type { z } from 'zod';
import type { PolicyKind } from '../../model/policy.ts';
import { namespaceNameLabel } from '../facts/build-cluster.ts';
import { Facts } from '../facts/facts.ts';
import type { WorkloadFacts } from '../facts/facts.ts';
import { ciliumConfigProblems } from '../signs/cilium-config.ts';
import { noteAgent, noteKind } from '../signs/network-plugin.ts';
import {
  configMapObject,
  isMeshConfig,
  istioInstallation,
  meshOfConfigMap,
  meshOfInstallation,
} from '../signs/read-config-map.ts';
import { ObjectReading } from './object-reading.ts';
import type { RawObject } from './raw-object.ts';
import { isTemplated } from './raw-objects.ts';
import { cidrGroupObject, readCidrGroup } from './read-cidr-group.ts';
import { endpointsObject, endpointSliceObject, readEndpoints, readEndpointSlice } from './read-endpoints.ts';
import { nodeObject, readNode } from './read-node.ts';
import { podObject, readPod } from './read-pod.ts';
import { policyKind, policyVersions, readPolicy } from './read-policy.ts';
import { readService, serviceObject } from './read-service.ts';
import { cronJobObject, jobObject, readCronJob, readJob, readWorkload, workloadObject } from './read-workload.ts';
import { templateMessage } from '../text/template-message.ts';
import { couldDecide } from './unsupported-kind.ts';

/** Readers by `group/Kind`; the core group is empty. Policies have their own table. */
const readers: ReadonlyMap<string, (reading: ObjectReading) => void> = new Map([
  ['/Namespace', addNamespace],
  ['/Node', addNode],
  ['/Pod', addPod],
  ['/Service', addService],
  ['/Endpoints', addEndpoints],
  ['discovery.k8s.io/EndpointSlice', addEndpointSlice],
  ['/ConfigMap', addConfigMap],
  ['/ReplicationController', addController],
  ['apps/Deployment', addController],
  ['apps/ReplicaSet', addController],
  ['apps/StatefulSet', addController],
  ['apps/DaemonSet', addController],
  ['batch/Job', (reading: ObjectReading) => addWorkload(reading, jobObject, readJob)],
  ['batch/CronJob', (reading: ObjectReading) => addWorkload(reading, cronJobObject, readCronJob)],
  // As Kubernetes before 1.16 called them.
  ['extensions/Deployment', addController],
  ['extensions/ReplicaSet', addController],
  ['extensions/DaemonSet', addController],
  // Controllers of others with the form of a Deployment.
  ['argoproj.io/Rollout', addController],
  ['apps.openshift.io/DeploymentConfig', addController],
  ['apps.kruise.io/CloneSet', addController],
  ['cilium.io/CiliumCIDRGroup', addCidrGroup],
  ['install.istio.io/IstioOperator', addIstioInstallation],
  ['sailoperator.io/Istio', addIstioInstallation],
]);

/** Whether the engine reads objects of a kind, or has to say that it can't. */
export function matters(group: string, kind: string): boolean {
  return readers.has(`${group}/${kind}`) || policyKind(group, kind) !== undefined || couldDecide(group, kind);
}

/** Reads an object of any kind into the facts. One that is no use to the engine is left out; if it could decide, that is said. */
export function addObject(facts: Facts, raw: RawObject): void {
  const reading = new ObjectReading(facts, raw);
  const { group, ref, metadata } = raw;
  noteKind(facts, group, ref);
  if (metadata.owner !== undefined) facts.owners.set(Facts.key(ref), metadata.owner);
  const policy = policyKind(group, ref.kind);
  const reader = readers.get(`${group}/${ref.kind}`);
  if (policy !== undefined) addPolicy(reading, policy);
  else if (reader !== undefined) reader(reading);
  else if (couldDecide(group, ref.kind)) {
    const message = `the engine does not know ${ref.kind} of ${group || 'the core group'}: what it could affect is unknown`;
    reading.report({ severity: 'warning', code: 'unsupported', path: 'kind', message });
  }
}

function addPolicy(reading: ObjectReading, kind: PolicyKind): void {
  const { raw, facts } = reading;
  const versions = policyVersions(kind);
  if (!versions.includes(raw.version)) {
    const message = `the engine knows ${kind} in ${versions.join(' and ')}, not in ${raw.version}: what it could affect is unknown`;
    reading.report({ severity: 'warning', code: 'unsupported', path: 'apiVersion', message });
    return;
  }
  if (raw.templateLine !== undefined && isTemplated([raw.value['spec'], raw.value['specs']])) {
    const message = templateMessage(raw.templateLine);
    reading.report({ severity: 'error', code: 'unreadable', path: '', message });
    return;
  }
  const policy = readPolicy(kind, raw, reading.report);
  if (policy !== undefined) reading.put(facts.policies, policy);
}

function addNamespace(reading: ObjectReading): void {
  const { ref, metadata } = reading.raw;
  const { name } = ref;
  const labels = new Map([...metadata.labels, [namespaceNameLabel, name]]);
  reading.put(reading.facts.namespaces, { name, labels, annotations: metadata.annotations, implied: false }, name);
}

function addNode(reading: ObjectReading): void {
  const value = reading.parse(nodeObject);
  if (value !== undefined) reading.put(reading.facts.nodes, readNode(value, reading.raw, reading.leftOut));
}

function addPod(reading: ObjectReading): void {
  const { raw, facts } = reading;
  const value = reading.parse(podObject);
  if (value === undefined) return;
  if (raw.value['spec'] === undefined || raw.value['spec'] === null) {
    const message = 'the API server refuses a pod without spec: it is judged as one without containers';
    reading.report({ severity: 'warning', code: 'invalid', path: 'spec', message });
  }
  const { namespace, name } = raw.ref;
  const pod = readPod(value, { namespace, name, metadata: raw.metadata }, reading.leftOut);
  if (pod === undefined) return;
  noteAgent(facts, raw.ref, pod);
  reading.put(facts.pods, pod);
}

function addController(reading: ObjectReading): void {
  addWorkload(reading, workloadObject, readWorkload);
}

function addWorkload<T extends z.ZodType>(
  reading: ObjectReading,
  schema: T,
  read: (value: z.output<T>, raw: RawObject) => WorkloadFacts,
): void {
  const value = reading.parse(schema);
  if (value === undefined) return;
  const workload = read(value, reading.raw);
  if (workload.template !== undefined) noteAgent(reading.facts, workload.ref, workload.template);
  reading.put(reading.facts.workloads, workload);
}

function addService(reading: ObjectReading): void {
  const value = reading.parse(serviceObject);
  if (value !== undefined) reading.put(reading.facts.services, readService(value, reading.raw, reading.leftOut));
}

function addEndpointSlice(reading: ObjectReading): void {
  const value = reading.parse(endpointSliceObject);
  if (value === undefined) return;
  reading.put(reading.facts.endpointSlices, [readEndpointSlice(value, reading.raw, reading.leftOut)]);
}

function addEndpoints(reading: ObjectReading): void {
  const value = reading.parse(endpointsObject);
  if (value === undefined) return;
  reading.put(reading.facts.endpointSlices, readEndpoints(value, reading.raw, reading.leftOut));
}

function addCidrGroup(reading: ObjectReading): void {
  const value = reading.parse(cidrGroupObject);
  if (value !== undefined) reading.put(reading.facts.cidrGroups, readCidrGroup(value, reading.raw, reading.leftOut));
}

function addConfigMap(reading: ObjectReading): void {
  const { raw, facts } = reading;
  if (raw.ref.name === 'cilium-config') {
    const value = reading.parse(configMapObject);
    if (value === undefined) return;
    for (const problem of ciliumConfigProblems(value.data)) reading.report(problem);
    facts.ciliumConfig = value.data;
  } else if (raw.ref.name === 'istio' || raw.ref.name.startsWith('istio-')) {
    const value = reading.parse(configMapObject);
    if (value === undefined || !isMeshConfig(raw.ref.name, value.data)) return;
    const mesh = meshOfConfigMap(value.data, raw.source);
    if (mesh === undefined) reading.leftOut('data.mesh', "Istio's mesh configuration can't be read");
    else facts.mesh = mesh;
  }
}

function addIstioInstallation(reading: ObjectReading): void {
  const value = reading.parse(istioInstallation);
  const mesh = value === undefined ? undefined : meshOfInstallation(value);
  // The ConfigMap is what the control plane really reads.
  if (mesh !== undefined) reading.facts.mesh ??= mesh;
}
