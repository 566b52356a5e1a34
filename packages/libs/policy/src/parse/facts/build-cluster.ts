import type { Cluster, Namespace, Pod } from '../../model/cluster.ts';
import type { ObjectRef } from '../../model/object-ref.ts';
import { refText } from '../../model/object-ref.ts';
import { POLICY_KINDS } from '../../model/policy.ts';
import type { Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import { meshDataPlane } from '../mesh/mesh-data-plane.ts';
import type { Facts, PodFacts } from './facts.ts';
import { podRef } from './object-refs.ts';

/** Links of an owner chain; real ones have at most four (Pod, Job, CronJob, a custom resource above). */
const ownersMax = 16;

/** The label that every namespace has, with its name. */
export const namespaceNameLabel = 'kubernetes.io/metadata.name';

/** Joins facts to a cluster: workloads of pods, pods of workloads without any, namespaces that are only named. */
export function buildCluster(facts: Facts): Cluster {
  const problems: Problem[] = [...facts.problems];
  const namespaces = withImplied(facts, problems);
  const pods: Pod[] = [];
  /** Workloads at any level of which a pod is given. */
  const populated = new Set<string>();
  const add = (pod: PodFacts, owners: readonly ObjectRef[], template: boolean): void => {
    const { proxied: _proxied, running: _running, ...rest } = pod;
    const namespace = namespaces.get(pod.namespace) ?? impliedNamespace(pod.namespace);
    const workload = owners.at(-1) ?? { kind: 'Pod', namespace: pod.namespace, name: pod.name };
    pods.push({ ...rest, workload, template, meshDataPlane: meshDataPlane(pod, namespace) });
  };
  for (const pod of facts.pods.values()) {
    const owners = ownersOf({ kind: 'Pod', namespace: pod.namespace, name: pod.name }, facts.owners);
    for (const owner of owners) populated.add(refText(owner));
    add(pod, owners, false);
  }
  const names = new Set(pods.map((pod) => refText(podRef(pod))));
  for (const { ref, template } of facts.workloads.values()) {
    const owners = ownersOf(ref, facts.owners);
    const givenAbove = owners.some((owner) => facts.workloads.has(refText(owner)));
    if (template === undefined || givenAbove || populated.has(refText(ref))) continue;
    const { namespace } = ref;
    const name = freeName({ workload: ref, namespace, name: ref.name }, names);
    names.add(refText(podRef({ namespace, name })));
    add({ ...template, name }, [ref, ...owners], true);
  }
  return {
    namespaces,
    nodes: sorted(facts.nodes.values(), ({ name }) => name),
    pods: sorted(pods, byNamespaceAndName),
    services: sorted(facts.services.values(), byNamespaceAndName),
    endpointSlices: sorted([...facts.endpointSlices.values()].flat(), byNamespaceAndName),
    policies: sorted(facts.policies.values(), policyOrder),
    cidrGroups: sorted(facts.cidrGroups.values(), ({ name }) => name),
    signs: {
      ciliumConfig: facts.ciliumConfig,
      cilium: facts.ciliumAgent === undefined ? facts.cilium : { what: facts.ciliumAgent, agent: true },
      otherPlugin: facts.otherPlugin,
      mesh: facts.mesh,
    },
    problems,
  };
}

/** The order of policies in a cluster: by kind as in POLICY_KINDS, namespace, name. */
export function policyOrder({ ref }: Policy): string {
  return `${POLICY_KINDS.indexOf(ref.kind)}\0${ref.namespace}\0${ref.name}`;
}

/** By namespace, then name. */
export function byNamespaceAndName({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}\0${name}`;
}

/** Orders by a key, code unit by code unit: the same everywhere, whatever the locale. */
export function sorted<T>(values: Iterable<T>, keyOf: (value: T) => string): T[] {
  return Array.from(values, (value) => ({ value, key: keyOf(value) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ value }) => value);
}

/** A namespace of which no object is given. */
export function impliedNamespace(name: string): Namespace {
  return { name, labels: new Map([[namespaceNameLabel, name]]), annotations: new Map(), implied: true };
}

/** Controllers from the direct one to the topmost one that the input names. A node "owns" its mirror pods, but runs no workload. */
function ownersOf(ref: ObjectRef, owners: ReadonlyMap<string, ObjectRef>): ObjectRef[] {
  const chain: ObjectRef[] = [];
  const seen = new Set([refText(ref)]);
  let owner = owners.get(refText(ref));
  while (owner !== undefined && owner.kind !== 'Node' && chain.length < ownersMax && !seen.has(refText(owner))) {
    chain.push(owner);
    seen.add(refText(owner));
    owner = owners.get(refText(owner));
  }
  return chain;
}

/** A template pod's name: the workload's, with its kind behind it when a pod has that name (see {@link podRef}) already. */
export function freeName(
  { workload, namespace, name }: Pick<Pod, 'workload' | 'namespace' | 'name'>,
  taken: ReadonlySet<string>,
): string {
  let free = name;
  while (taken.has(refText(podRef({ namespace, name: free })))) free = `${free}-${workload.kind.toLowerCase()}`;
  return free;
}

function withImplied(facts: Facts, problems: Problem[]): ReadonlyMap<string, Namespace> {
  const names = new Set<string>();
  for (const { namespace } of [...facts.pods.values(), ...facts.services.values()]) names.add(namespace);
  for (const { namespace } of [...facts.endpointSlices.values()].flat()) names.add(namespace);
  for (const { ref } of [...facts.workloads.values(), ...facts.policies.values()]) names.add(ref.namespace);
  names.delete('');
  const all = new Map(facts.namespaces);
  for (const name of names) {
    if (all.has(name)) continue;
    all.set(name, impliedNamespace(name));
    problems.push({
      severity: 'info',
      code: 'assumed',
      object: { kind: 'Namespace', namespace: '', name },
      path: 'metadata.labels',
      message: `the namespace "${name}" is not given: it is taken to exist with no label but ${namespaceNameLabel}`,
    });
  }
  return new Map(sorted(all, ([name]) => name));
}
