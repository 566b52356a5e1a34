import { RECORDED_SERVICE_ACCOUNT } from '../../model/recorded-labels.ts';
import { ENDPOINT_LABELS } from '../rule.ts';
import type { SourcedKey } from './selector.ts';

// Which labels of a pod are part of its identity, and where they stand in the engine's label space. Policies can't see
// labels that are no part of the identity. Source: cilium v1.20 pkg/labelsfilter/filter.go (defaultLabelPrefixCfg),
// pkg/k8s/utils/utils.go (SanitizePodLabels).

/** The label that holds a pod's namespace. */
export const POD_NAMESPACE = 'io.kubernetes.pod.namespace';
/** Labels of a pod's namespace stand behind this. */
export const NAMESPACE_LABELS = 'io.cilium.k8s.namespace.labels.';
const cluster = 'io.cilium.k8s.policy.cluster';

/** Labels that the agent leaves out of identities by default; each must match from the key's start. */
const left = new RegExp(
  `^(?:${[
    String.raw`io\.kubernetes`,
    String.raw`kubernetes\.io`,
    String.raw`statefulset\.kubernetes\.io/pod-name`,
    String.raw`apps\.kubernetes\.io/pod-index`,
    String.raw`batch\.kubernetes\.io/job-completion-index`,
    String.raw`batch\.kubernetes\.io/controller-uid`,
    String.raw`.*beta\.kubernetes\.io`,
    String.raw`k8s\.io`,
    'pod-template-generation',
    'pod-template-hash',
    'controller-revision-hash',
    'controller-uid',
    'annotation',
    'etcd_node',
    String.raw`topology\.kubernetes\.io`,
    String.raw`io\.cilium\.k8s`,
  ].join('|')})`,
);

/** Whether a pod's own label is part of its Cilium identity, with the agent's default label filter. */
export function isIdentityLabel(key: string): boolean {
  return !left.test(key);
}

/** Where a label of an endpoint stands in the engine's label space; undefined when no endpoint has such a label. */
export function endpointKey({ source, key }: SourcedKey): string | undefined {
  if (source === 'reserved') return ENDPOINT_LABELS.entity(key);
  if (source !== 'any' && source !== 'k8s') return undefined;
  if (key === POD_NAMESPACE) return ENDPOINT_LABELS.namespace;
  if (key === cluster) return ENDPOINT_LABELS.cluster;
  if (key === RECORDED_SERVICE_ACCOUNT) return ENDPOINT_LABELS.serviceAccount;
  if (key.startsWith(NAMESPACE_LABELS)) return ENDPOINT_LABELS.ofNamespace(key.slice(NAMESPACE_LABELS.length));
  return isIdentityLabel(key) ? ENDPOINT_LABELS.pod(key) : undefined;
}

/** The same for labels of a node as a peer (fromNodes, toNodes). Source: labels of source `node`. */
export function peerNodeKey({ source, key }: SourcedKey): string | undefined {
  if (source === 'reserved') return ENDPOINT_LABELS.entity(key);
  if (key === cluster && (source === 'any' || source === 'k8s')) return ENDPOINT_LABELS.cluster;
  return source === 'any' || source === 'node' ? ENDPOINT_LABELS.node(key) : undefined;
}

/**
 * The same for the node as a policy's subject (nodeSelector): the host has the labels of its node that pass the same filter
 * as pods' labels, with source `k8s`, and no others. Source: pkg/endpoint/endpoint.go (InitWithNodeLabels).
 */
export function subjectNodeKey({ source, key }: SourcedKey): string | undefined {
  return (source === 'any' || source === 'k8s') && isIdentityLabel(key) ? ENDPOINT_LABELS.node(key) : undefined;
}
