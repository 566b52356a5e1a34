import { isObject, object } from '../json.ts';
import { readLabelSelector, UnknownSelection } from './requirement.ts';
import { podTerm } from './selection.ts';
import type { SelectionReader } from './selection-reader.ts';

/**
 * AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy (sigs.k8s.io/network-policy-api): `subject` has
 * exactly one of `namespaces` and `pods`.
 */
export const adminPolicySelection: SelectionReader = ({ policy }) => {
  const subject = object(object(policy.spec)['subject']);
  const { namespaces, pods } = subject;
  if (namespaces !== undefined && pods === undefined) {
    return { terms: [podTerm({ namespaceLabels: readLabelSelector(namespaces) })], unknown: '' };
  }
  if (isObject(pods) && namespaces === undefined) {
    const namespaceLabels = readLabelSelector(pods['namespaceSelector'] ?? {});
    return {
      terms: [podTerm({ namespaceLabels, podLabels: readLabelSelector(pods['podSelector'] ?? {}) })],
      unknown: '',
    };
  }
  throw new UnknownSelection('a subject that is neither namespaces nor pods');
};
