/** Whether an annotation goes into records. */
export type AnnotationFilter = (key: string) => boolean;

/** Holds whole objects, Secret values among them: no configuration lets it through. */
const NEVER = 'kubectl.kubernetes.io/last-applied-configuration';

/** A filter from an allow list of exact keys and prefixes (`policy.cilium.io/*`). */
export function annotationFilter(allowed: readonly string[]): AnnotationFilter {
  const exact = new Set(allowed.filter((entry) => !entry.endsWith('*')));
  const prefixes = allowed.filter((entry) => entry.endsWith('*')).map((entry) => entry.slice(0, -1));
  return (key) => key !== NEVER && (exact.has(key) || prefixes.some((prefix) => key.startsWith(prefix)));
}
