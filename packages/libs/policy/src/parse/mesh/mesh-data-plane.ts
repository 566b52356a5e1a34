import type { Namespace, Pod } from '../../model/cluster.ts';
import type { PodFacts } from '../facts/facts.ts';

/** Namespaces in which Istio never injects. */
const neverInjected = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'];

/** What is asked of a pod to tell who enforces authorization for it. */
export type MeshFacts = Pick<PodFacts, 'labels' | 'annotations' | 'hostNetwork' | 'proxied' | 'running'>;

/**
 * Who enforces authorization for a pod: a proxy that is there; ambient mode by the pod's or its namespace's label or by what
 * Istio's CNI plugin noted; for pods that were not seen running, the proxy that injection would add. Undefined when that
 * depends on a namespace that is not given. Source: Istio's injection webhooks and ambient's enrolment.
 */
export function meshDataPlane(pod: MeshFacts, namespace: Namespace): Pod['meshDataPlane'] {
  const { labels, annotations } = pod;
  // ztunnel's own container has the proxy's name, but it judges others' connections, not its own.
  if (labels.get('app') === 'ztunnel') return 'none';
  if (pod.proxied) return 'sidecar';
  if (pod.hostNetwork) return 'none';
  const willInject = pod.running ? 'no' : injection(pod, namespace);
  if (willInject === 'yes') return 'sidecar';
  const mode = labels.get('istio.io/dataplane-mode') ?? namespace.labels.get('istio.io/dataplane-mode');
  if (mode === 'ambient' || annotations.get('ambient.istio.io/redirection') === 'enabled') return 'ztunnel';
  return willInject === 'unknown' && mode === undefined ? undefined : 'none';
}

/** What the injection webhooks would do with a new pod. */
function injection({ labels, annotations }: MeshFacts, namespace: Namespace): 'yes' | 'no' | 'unknown' {
  if (neverInjected.includes(namespace.name)) return 'no';
  const wish = labels.get('sidecar.istio.io/inject') ?? annotations.get('sidecar.istio.io/inject');
  if (wish === 'false') return 'no';
  const ofNamespace = namespace.labels.get('istio-injection');
  if (ofNamespace === 'disabled') return 'no';
  if (ofNamespace === 'enabled' || namespace.labels.has('istio.io/rev')) return 'yes';
  if (labels.get('sidecar.istio.io/inject') === 'true' || labels.has('istio.io/rev')) return 'yes';
  return namespace.implied ? 'unknown' : 'no';
}
