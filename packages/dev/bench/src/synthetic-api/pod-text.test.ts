import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { podIdentity } from './pod-identity.ts';
import { FIRST_VERSION, MANAGED_FIELDS_SHARE, POD_BYTES, podText } from './pod-text.ts';

const pod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    labels: z.record(z.string(), z.string()),
    managedFields: z.array(z.unknown()),
  }),
});
const index = fc.integer({ min: 0, max: 2 ** 21 - 1 });
const version = fc.integer({ min: FIRST_VERSION, max: 9_999_999 });

describe('podText', () => {
  test('given any pod and version, then it has the size and the share of managedFields that it should', () => {
    fc.assert(
      fc.property(index, version, fc.boolean(), (i, v, changed) => {
        const text = podText(i, v, changed);
        const managed = JSON.stringify(pod.parse(JSON.parse(text)).metadata.managedFields).length;
        expect(Math.abs(text.length / POD_BYTES - 1)).toBeLessThan(0.02);
        expect(Math.abs(managed / text.length - MANAGED_FIELDS_SHARE)).toBeLessThan(0.01);
      }),
    );
  });

  test('given the same pod and version, then the text is the same', () => {
    expect(podText(7, 1_000_001, true)).toBe(podText(7, 1_000_001, true));
  });

  test('given a change, then the version and a label of the same pod are others', () => {
    const [before, after] = [1_000_001, 1_000_002].map((v) => metadataOf(podText(7, v, true)));
    expect(after?.uid).toBe(before?.uid);
    expect(after?.resourceVersion).toBe('1000002');
    expect(after?.labels).not.toEqual(before?.labels);
  });

  test('given unchanged pods of one ReplicaSet, then they have all their labels in common', () => {
    expect(metadataOf(podText(0, 1_000_001, false)).labels).toEqual(metadataOf(podText(19, 1_000_020, false)).labels);
    expect(metadataOf(podText(0, 1_000_001, false)).labels).not.toEqual(
      metadataOf(podText(20, 1_000_021, false)).labels,
    );
  });

  test('given 75,000 pods, then no two share a name, a uid or an address', () => {
    const pods = Array.from({ length: 75_000 }, (_, i) => podIdentity(i));
    expect(new Set(pods.map((one) => `${one.namespace}/${one.name}`)).size).toBe(pods.length);
    expect(new Set(pods.map((one) => one.uid)).size).toBe(pods.length);
    expect(new Set(pods.map((one) => one.ip)).size).toBe(pods.length);
  });
});

function metadataOf(text: string): z.infer<typeof pod>['metadata'] {
  return pod.parse(JSON.parse(text)).metadata;
}
