import { isObject } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { type Requirement, readLabelSelector, readMatchLabels, UnknownSelection } from './requirement.ts';
import { podTerm, type PodTerm } from './selection.ts';
import type { PolicySource, SelectionReader } from './selection-reader.ts';

const NAMESPACE_LABELS = 'io.cilium.k8s.namespace.labels.';
const NAMESPACE_NAME = 'io.kubernetes.pod.namespace';
const SERVICE_ACCOUNT = 'io.cilium.k8s.policy.serviceaccount';
const CLUSTER = 'io.cilium.k8s.policy.cluster';

/**
 * CiliumNetworkPolicy: `endpointSelector` of spec and of each of specs, always within the policy's own namespace (another
 * one in matchLabels is ignored by Cilium too). Source: cilium/pkg/k8s/apis/cilium.io/utils ParseToCiliumRule.
 */
export const ciliumSelection: SelectionReader = (source) => anyRule(source, source.namespace);

/** CiliumClusterwideNetworkPolicy: the same over all namespaces; `nodeSelector` selects nodes, not pods. */
export const ciliumClusterwideSelection: SelectionReader = (source) => anyRule(source, undefined);

function anyRule({ policy }: PolicySource, namespace: string | undefined): { terms: PodTerm[]; unknown: string } {
  const rules: JsonObject[] = [...(policy.spec === undefined ? [] : [policy.spec]), ...policy.specs];
  const terms: PodTerm[] = [];
  const unknown = new Set<string>();
  for (const rule of rules) {
    try {
      terms.push(readRule(rule, namespace));
    } catch (error) {
      if (!(error instanceof UnknownSelection)) throw error;
      unknown.add(error.message);
    }
  }
  if (rules.length === 0) unknown.add('neither spec nor specs');
  return { terms, unknown: [...unknown].toSorted().join('; ') };
}

function readRule(rule: JsonObject, namespace: string | undefined): PodTerm {
  const { endpointSelector, nodeSelector } = rule;
  if (isObject(nodeSelector)) throw new UnknownSelection('selects nodes');
  if (!isObject(endpointSelector)) throw new UnknownSelection('no endpointSelector');
  const sorted: Record<keyof ConditionsBySource, Requirement[]> = {
    podLabels: [],
    namespaceLabels: [],
    namespaceName: [],
    serviceAccount: [],
  };
  const own = namespace === undefined ? endpointSelector : withoutNamespaceLabel(endpointSelector);
  for (const requirement of readLabelSelector(own)) {
    const { source, key } = conditionOf(requirement.key);
    sorted[source].push({ ...requirement, key });
  }
  return podTerm({ namespace, ...sorted });
}

type ConditionsBySource = Pick<PodTerm, 'podLabels' | 'namespaceLabels' | 'namespaceName' | 'serviceAccount'>;

/** Cilium replaces a namespace named in matchLabels by the policy's own; matchExpressions stay. */
function withoutNamespaceLabel(selector: JsonObject): JsonObject {
  const matchLabels = Object.fromEntries(
    readMatchLabels(selector['matchLabels'])
      .filter(({ key }) => plainKey(key) !== NAMESPACE_NAME)
      .map(({ key, values: [value] }) => [key, value]),
  );
  return { ...selector, matchLabels };
}

/** Which of a pod's facts a key asks for. */
function conditionOf(written: string): { source: keyof ConditionsBySource; key: string } {
  const key = plainKey(written);
  if (key.startsWith(NAMESPACE_LABELS)) {
    return { source: 'namespaceLabels', key: key.slice(NAMESPACE_LABELS.length) };
  }
  if (key === NAMESPACE_NAME) return { source: 'namespaceName', key };
  if (key === SERVICE_ACCOUNT) return { source: 'serviceAccount', key };
  if (key === CLUSTER) throw new UnknownSelection('selects by cluster name');
  return { source: 'podLabels', key };
}

/** A key without its source: `k8s:` is where all labels of pods come from, `any:` and none match every source. */
function plainKey(written: string): string {
  const colon = written.indexOf(':');
  if (colon < 0) return written;
  const source = written.slice(0, colon);
  if (source === 'k8s' || source === 'any') return written.slice(colon + 1);
  throw new UnknownSelection(`selects labels of source "${source}"`);
}
