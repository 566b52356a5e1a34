import { podIdentity } from './pod-identity.ts';
import { podObject } from './pod-object.ts';
import { SlottedText } from './pod-slots.ts';

/** What the texts aim at, within 2 %: usual Pods of a real cluster (docs/benchmarks.md). */
export const POD_BYTES = 10_000;
/** Share of metadata.managedFields. */
export const MANAGED_FIELDS_SHARE = 0.43;

/** Chosen so that both aims are met; the test holds it. */
const shape = { variables: 14, managedVariables: 19 };
/** Versions all have this many digits, so that a pod's size does not grow with its age. */
const versionStart = 1_000_000;

const template = new SlottedText(JSON.stringify(podObject(shape)), [
  'namespace',
  'app',
  'replicaSet',
  'replicaSetUid',
  'templateHash',
  'name',
  'uid',
  'node',
  'ip',
  'hostIp',
  'version',
  'revision',
]);

/** The first resourceVersion of a synthetic cluster. */
export const FIRST_VERSION = versionStart;

/** The label of pods that nobody has changed: those of one ReplicaSet have all their labels in common, as real ones do. */
const unchanged = '0'.repeat(String(versionStart).length);

/**
 * The JSON of the pod with this index as of this resourceVersion; a pod that was `changed` states the version in a label
 * too, so that the operator has something to tell. The same arguments give the same text, on any machine.
 */
export function podText(index: number, version: number, changed: boolean): string {
  return template.filledWith({
    ...podIdentity(index),
    version: String(version),
    revision: changed ? String(version) : unchanged,
  });
}
