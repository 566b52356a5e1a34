import { object } from '../json.ts';
import { readLabelSelector } from './requirement.ts';
import { podTerm } from './selection.ts';
import type { SelectionReader } from './selection-reader.ts';

/** networking.k8s.io/v1: podSelector within the policy's namespace; an empty one selects all of them. */
export const networkPolicySelection: SelectionReader = ({ namespace, policy }) => ({
  terms: [podTerm({ namespace, podLabels: readLabelSelector(object(policy.spec)['podSelector'] ?? {}) })],
  unknown: '',
});
