import type { Cluster } from '../model/cluster.ts';
import { buildCluster } from './facts/build-cluster.ts';
import { Facts } from './facts/facts.ts';
import { addObject, matters } from './objects/add-object.ts';
import type { RawObject } from './objects/raw-object.ts';
import { RawObjects } from './objects/raw-objects.ts';
import { readDocuments } from './text/documents.ts';
import type { ManifestFile } from './text/documents.ts';
import { READ_LIMITS } from './text/limits.ts';
import type { ReadLimits } from './text/limits.ts';

/**
 * Reads manifests, as if their objects were applied one after the other, to what the engine knows of a cluster. Never
 * throws: whatever can't be used is in the cluster's problems, with its file and place.
 */
export function readManifests(files: readonly ManifestFile[], limits: ReadLimits = READ_LIMITS): Cluster {
  const facts = new Facts();
  for (const raw of readObjects(facts, files, limits)) addObject(facts, raw);
  return buildCluster(facts);
}

/** The objects of files, in order; what is none goes to the facts' problems. */
export function readObjects(facts: Facts, files: readonly ManifestFile[], limits: ReadLimits): readonly RawObject[] {
  const raws = new RawObjects(limits, matters);
  for (const file of files) {
    const { documents, problems } = readDocuments(file, limits);
    for (const problem of problems) facts.problems.push(problem);
    for (const document of documents) raws.add(document);
  }
  for (const problem of raws.problems) facts.problems.push(problem);
  return raws.objects;
}
