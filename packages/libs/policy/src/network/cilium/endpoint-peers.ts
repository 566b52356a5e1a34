import { meets } from '../../model/selector.ts';
import type { Requirement, Selector } from '../../model/selector.ts';
import { ENDPOINT_LABELS } from '../rule.ts';
import { endpointKey, NAMESPACE_LABELS, peerNodeKey, POD_NAMESPACE, subjectNodeKey } from './identity-labels.ts';
import { hasKey, intoLabelSpace, NEVER } from './selector.ts';
import type { CiliumSelector, SourcedKey } from './selector.ts';

// Whom selectors of endpoints and nodes mean, with the scope that Cilium adds to them.
// Source: cilium v1.20 pkg/k8s/apis/cilium.io/utils/utils.go (ParseToCiliumRule, getEndpointSelector).

const podSources = ['k8s', 'any'];
const clusterLabel = 'io.cilium.k8s.policy.cluster';

const inNamespace = (namespace: string): Requirement => ({
  key: ENDPOINT_LABELS.namespace,
  operator: 'In',
  values: [namespace],
});

/** The policy's own place, which decides over what its selectors leave open. */
export interface Scope {
  /** Empty for clusterwide policies. */
  readonly namespace: string;
  readonly clusterName: string;
  /** Nodes have their labels and the cluster's name in their identity (enable-node-selector-labels). */
  readonly nodeLabels: boolean;
  /** The policy is about pods that are still starting: they have no namespace yet. */
  readonly init: boolean;
}

/**
 * Subjects of an endpointSelector. In a namespaced policy they are always pods of its namespace: a namespace that the
 * selector names under matchLabels is replaced. Clusterwide, every endpoint that is no node.
 */
export function subjectEndpoints(selector: CiliumSelector, { namespace }: Scope): Selector {
  if (namespace === '') {
    const endpoints: Requirement = { key: ENDPOINT_LABELS.type, operator: 'In', values: ['pod', 'reserved'] };
    return [...intoLabelSpace(selector, endpointKey), endpoints];
  }
  const own = selector.filter(({ source, key, label }) => !(label && source === 'k8s' && key === POD_NAMESPACE));
  return [...intoLabelSpace(own, endpointKey), inNamespace(namespace)];
}

function isHost({ source, key }: SourcedKey): boolean {
  return source === 'reserved' && key === 'host';
}

/** Nodes of a nodeSelector: the policy's subject is the host itself, which has the reserved label of that name. */
export function subjectNodes(selector: CiliumSelector): Selector {
  const met = selector.filter(isHost).every((condition) => meets(condition, ''));
  const labels = intoLabelSpace(
    selector.filter((condition) => !isHost(condition)),
    subjectNodeKey,
  );
  return [...labels, ...(met ? [] : [NEVER]), { key: ENDPOINT_LABELS.type, operator: 'In', values: ['node'] }];
}

/**
 * Peers of fromEndpoints and toEndpoints. A selector with a reserved label stands as it is. Else it means endpoints of the
 * policy's namespace, unless it names one or selects by namespace labels; clusterwide, pods of any namespace. And always
 * endpoints of this cluster, unless it names one: nodes have the cluster's name only with enable-node-selector-labels.
 */
export function peerEndpoints(selector: CiliumSelector, scope: Scope): readonly Selector[] {
  const added = selector.some(({ source }) => source === 'reserved') ? [] : defaultScope(selector, scope);
  const own = [...intoLabelSpace(selector, endpointKey), ...added];
  const anySource = selector.some(({ source }) => source === 'any');
  if (!scope.nodeLabels || !anySource || own.some(isInNamespace)) return [own];
  return [
    [...own, { key: ENDPOINT_LABELS.type, operator: 'NotIn', values: ['node'] }],
    [
      ...intoLabelSpace(selector, labelledNodeKey),
      ...added,
      { key: ENDPOINT_LABELS.type, operator: 'In', values: ['node'] },
    ],
  ];
}

/** A key without source means a pod's label as well as a node's, where nodes have labels. */
function labelledNodeKey(key: SourcedKey): string | undefined {
  return key.source === 'any' ? peerNodeKey(key) : endpointKey(key);
}

function defaultScope(selector: CiliumSelector, scope: Scope): readonly Requirement[] {
  const namespace = defaultNamespace(selector, scope);
  const placed = [...intoLabelSpace(selector, endpointKey), ...namespace];
  if (hasKey(selector, clusterLabel, podSources) || placed.some(isInNamespace)) return namespace;
  return [...namespace, { key: ENDPOINT_LABELS.cluster, operator: 'In', values: [scope.clusterName] }];
}

function defaultNamespace(selector: CiliumSelector, { namespace, init }: Scope): readonly Requirement[] {
  if (hasKey(selector, POD_NAMESPACE, podSources)) return [];
  if (namespace === '') return init ? [] : [{ key: ENDPOINT_LABELS.namespace, operator: 'Exists', values: [] }];
  const byNamespaceLabels = selector.some(
    ({ source, key }) => podSources.includes(source) && key.startsWith(NAMESPACE_LABELS),
  );
  return byNamespaceLabels ? [] : [inNamespace(namespace)];
}

/** Only pods are in a namespace, and all of them are of this cluster. */
function isInNamespace({ key, operator }: Requirement): boolean {
  return key === ENDPOINT_LABELS.namespace && (operator === 'In' || operator === 'Exists');
}

/** Peers of fromNodes and toNodes: never the node that the pod runs on. */
export function peerNodes(selector: CiliumSelector): Selector {
  return [
    { key: ENDPOINT_LABELS.entity('remote-node'), operator: 'Exists', values: [] },
    ...intoLabelSpace(selector, peerNodeKey),
  ];
}
