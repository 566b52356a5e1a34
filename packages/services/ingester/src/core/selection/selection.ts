import type { Requirement } from './requirement.ts';

/** A conjunction over one pod: every part must hold. */
export interface PodTerm {
  /** Only pods of this namespace; undefined for every namespace. */
  readonly namespace: string | undefined;
  /** Conditions on the pod's own labels. */
  readonly podLabels: readonly Requirement[];
  /** Conditions on the labels of the pod's namespace. */
  readonly namespaceLabels: readonly Requirement[];
  /** Conditions on the name of the pod's namespace; their keys don't matter. */
  readonly namespaceName: readonly Requirement[];
  /** Conditions on the name of the pod's service account; their keys don't matter. */
  readonly serviceAccount: readonly Requirement[];
  /** Only pods that this Service (of `namespace`) selects. */
  readonly service: string | undefined;
}

/** The pods that a policy selects: those that meet any of the terms. */
export interface Selection {
  readonly terms: readonly PodTerm[];
  /** Why the terms don't tell everything; empty when they do. */
  readonly unknown: string;
}

export const NOTHING_KNOWN = (why: string): Selection => ({ terms: [], unknown: why });

/** A term with the given parts, and no condition otherwise. */
export function podTerm(parts: Partial<PodTerm>): PodTerm {
  return {
    namespace: undefined,
    podLabels: [],
    namespaceLabels: [],
    namespaceName: [],
    serviceAccount: [],
    service: undefined,
    ...parts,
  };
}
