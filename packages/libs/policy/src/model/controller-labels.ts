/**
 * Labels that controllers put on the pods they make, beside those of the template. Sources: the well-known labels of
 * Kubernetes (ReplicaSet, StatefulSet, DaemonSet, Job), Argo Rollouts.
 */
const CONTROLLER_LABELS: ReadonlySet<string> = new Set([
  'pod-template-hash',
  'pod-template-generation',
  'controller-revision-hash',
  'rollouts-pod-template-hash',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/job-completion-index',
]);

/** Whether a pod has this label from its controller, not from the template. */
export function isControllerLabel(key: string): boolean {
  return CONTROLLER_LABELS.has(key);
}
