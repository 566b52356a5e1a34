import type { Cluster } from '../model/cluster.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import { refText } from '../model/object-ref.ts';
import type { Policy } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import { buildCluster } from './facts/build-cluster.ts';
import { Facts } from './facts/facts.ts';
import { mergeClusters } from './facts/merge-clusters.ts';
import { objectRefs } from './facts/object-refs.ts';
import { addObject } from './objects/add-object.ts';
import { readObjects } from './read-manifests.ts';
import type { ManifestFile } from './text/documents.ts';
import { READ_LIMITS } from './text/limits.ts';

/** On an object of a candidate, with the value "true": the change deletes the object. */
export const deleteAnnotation = 'kestrel.ai/delete';

/** What a candidate does to the policies of a cluster. */
export interface PolicyChange {
  readonly added: readonly Policy[];
  readonly replaced: readonly { readonly before: Policy; readonly after: Policy }[];
  readonly deleted: readonly Policy[];
}

/** A cluster as it would be, and what changed. */
export interface Candidate {
  readonly cluster: Cluster;
  readonly change: PolicyChange;
  /** What is wrong with the candidate itself; the cluster's problems have them too. */
  readonly problems: readonly Problem[];
}

/**
 * The cluster after a change: objects of the files are added or replace those of the same kind and name, objects with
 * {@link deleteAnnotation} or in `delete` are removed. A workload with a new template replaces the pods that it has by one
 * that stands for the new ones; without a workload, pods stay as they are. Never throws.
 */
export function applyCandidate(
  cluster: Cluster,
  files: readonly ManifestFile[],
  o: { readonly delete?: readonly ObjectRef[] } = {},
): Candidate {
  const facts = new Facts();
  const deletions = new Map((o.delete ?? []).map((ref) => [refText(ref), ref]));
  for (const raw of readObjects(facts, files, READ_LIMITS)) {
    if (raw.metadata.annotations.get(deleteAnnotation) === 'true') deletions.set(refText(raw.ref), raw.ref);
    else addObject(facts, raw);
  }
  const given = buildCluster(facts);
  const problems = given.problems.filter((problem) => !isKnown(problem, cluster));
  for (const ref of deletions.values()) {
    if (!isThere(cluster, ref)) {
      problems.push({
        severity: 'warning',
        code: 'unresolved',
        object: ref,
        path: '',
        message: `there is no ${refText(ref)} to delete`,
      });
    }
  }
  const gone = (ref: ObjectRef): boolean =>
    deletions.has(refText(ref)) ||
    (ref.namespace !== '' && deletions.has(refText({ kind: 'Namespace', namespace: '', name: ref.namespace })));
  const merged = mergeClusters(cluster, given, { workloads: facts.workloads, gone });
  const touched = new Set([...deletions.keys(), ...objectRefs(given).map(refText), ...facts.workloads.keys()]);
  return {
    cluster: {
      ...merged,
      problems: [
        // What was wrong with an object that is no more.
        ...cluster.problems.filter(({ object }) => object === undefined || !touched.has(refText(object))),
        ...problems,
      ],
    },
    change: changeOf(cluster.policies, given.policies, gone),
    problems,
  };
}

/** An implied namespace of the candidate that the cluster has. */
function isKnown({ code, object }: Problem, { namespaces }: Cluster): boolean {
  return code === 'assumed' && object?.kind === 'Namespace' && namespaces.has(object.name);
}

/** Of kinds that the engine doesn't know, it only knows the problems. */
function isThere(cluster: Cluster, ref: ObjectRef): boolean {
  const text = refText(ref);
  if (objectRefs(cluster).some((each) => refText(each) === text)) return true;
  return cluster.problems.some(({ object }) => object !== undefined && refText(object) === text);
}

function changeOf(
  before: readonly Policy[],
  given: readonly Policy[],
  gone: (ref: ObjectRef) => boolean,
): PolicyChange {
  const old = new Map(before.map((policy) => [refText(policy.ref), policy]));
  const kept = new Set(given.map(({ ref }) => refText(ref)));
  return {
    added: given.filter(({ ref }) => !old.has(refText(ref))),
    replaced: given.flatMap((after) => {
      const found = old.get(refText(after.ref));
      return found === undefined ? [] : [{ before: found, after }];
    }),
    deleted: before.filter(({ ref }) => gone(ref) && !kept.has(refText(ref))),
  };
}
