import type { ObjectRef } from '../model/object-ref.ts';
import type { Policy, PolicyKind } from '../model/policy.ts';
import { evidenceText } from './evidence.ts';
import type { DraftRule } from './scope.ts';

/** A policy object as it would be applied: plain data, keys in the order in which they should be written. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: PolicyKind;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Prefix of the annotations with a rule's evidence: `kestrel.ai/evidence-ingress-0` is that of `spec.ingress[0]`. */
export const EVIDENCE_ANNOTATION = 'kestrel.ai/evidence';

/** Names the object of a manifest. */
export function manifestRef({ kind, metadata: { namespace, name } }: Manifest): ObjectRef & { kind: PolicyKind } {
  return { kind, namespace, name };
}

/** The manifest as the engine takes policies. */
export function manifestPolicy(manifest: Manifest): Policy {
  return {
    ref: manifestRef(manifest),
    apiVersion: manifest.apiVersion,
    labels: new Map(Object.entries(manifest.metadata.labels ?? {})),
    annotations: new Map(Object.entries(manifest.metadata.annotations ?? {})),
    specs: [{ path: 'spec', body: manifest.spec }],
    source: 'recommendation',
  };
}

/** Annotations with the evidence of rules, in their order; `list` is the field that they stand in. */
export function evidenceAnnotations(list: string, rules: readonly DraftRule[]): Record<string, string> {
  return Object.fromEntries(
    rules.map(({ evidence }, at) => [`${EVIDENCE_ANNOTATION}-${list}-${at}`, evidenceText(evidence)]),
  );
}
