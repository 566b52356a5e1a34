import type { Resource } from '@kestrel/proto/events';
import type { Cluster } from '../model/cluster.ts';
import { buildCluster } from './facts/build-cluster.ts';
import { Facts } from './facts/facts.ts';
import { addObject, matters } from './objects/add-object.ts';
import { RawObjects } from './objects/raw-objects.ts';
import { recordManifest } from './record-manifest.ts';
import { deeperThan } from './text/json-object.ts';
import { READ_LIMITS } from './text/limits.ts';
import type { ReadLimits } from './text/limits.ts';

/**
 * Reads kestrel.events.v1 Resource messages (KESTREL_RESOURCES: the last of each subject) to what the engine knows of a
 * cluster. Never throws: a record that can't be used is in the cluster's problems, as `records#N`.
 */
export function readRecords(resources: readonly Resource[], limits: ReadLimits = READ_LIMITS): Cluster {
  const facts = new Facts();
  const raws = new RawObjects(limits, matters);
  for (const [index, resource] of resources.entries()) {
    const source = `records#${index + 1}`;
    const value = recordManifest(resource);
    const trouble =
      value === undefined
        ? 'a record without object or spec'
        : deeperThan(value, limits.depthMax)
          ? `more than ${limits.depthMax} levels`
          : undefined;
    if (trouble === undefined) raws.add({ value, source, templateLine: undefined });
    else facts.problems.push({ severity: 'error', code: 'unreadable', source, path: '', message: trouble });
  }
  for (const problem of raws.problems) facts.problems.push(problem);
  for (const raw of raws.objects) addObject(facts, raw);
  return buildCluster(facts);
}
