import type { Labels } from '../../model/selector.ts';
import { isLabelKey, isLabelValue } from '../../network/label-selector.ts';

/** Longest name of an object (apimachinery's validation). */
const subdomainLengthMax = 253;

const subdomain = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** What the API server would refuse of a name and labels. Objects are judged all the same, as if it had taken them. */
export function metadataWarnings(
  name: string,
  { namespace, labels }: { readonly namespace: string; readonly labels: Labels },
): { path: string; message: string }[] {
  const warnings: { path: string; message: string }[] = [];
  // RBAC and system kinds allow colons; they are never read here, so the check stays quiet about them.
  if (!isSubdomain(name) && !name.includes(':')) {
    warnings.push({ path: 'metadata.name', message: `the API server refuses the name "${name}"` });
  }
  if (namespace !== '' && !isSubdomain(namespace)) {
    warnings.push({ path: 'metadata.namespace', message: `the API server refuses the namespace "${namespace}"` });
  }
  for (const [key, value] of labels) {
    const path = `metadata.labels[${JSON.stringify(key)}]`;
    if (!isLabelKey(key)) warnings.push({ path, message: `the API server refuses the label key "${key}"` });
    if (!isLabelValue(value)) warnings.push({ path, message: `the API server refuses the label value "${value}"` });
  }
  return warnings;
}

/** Whether a text is a DNS subdomain as Kubernetes names are. */
export function isSubdomain(text: string): boolean {
  return text.length <= subdomainLengthMax && subdomain.test(text) && !text.includes('..');
}
