import type { Labels } from '../model/selector.ts';
import { evidenceAnnotations } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import type { DraftPolicy, DraftRule, PeerScope, PortScope } from './scope.ts';

/** Writes a policy as a NetworkPolicy (networking.k8s.io/v1). Its peers are pods and addresses, its ports never ICMP. */
export function networkPolicyManifest(draft: DraftPolicy): Manifest {
  const { name, namespace, subject, ingress, egress } = draft;
  const policyTypes = [...(ingress === undefined ? [] : ['Ingress']), ...(egress === undefined ? [] : ['Egress'])];
  const annotations = {
    ...evidenceAnnotations('ingress', ingress ?? []),
    ...evidenceAnnotations('egress', egress ?? []),
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: {
      podSelector: matchLabels(subject),
      policyTypes,
      ...rulesField('ingress', 'from', namespace, ingress),
      ...rulesField('egress', 'to', namespace, egress),
    },
  };
}

/** No field without rules: a policy type without rules already denies everything. */
function rulesField(
  list: 'ingress' | 'egress',
  peersField: 'from' | 'to',
  namespace: string,
  rules: readonly DraftRule[] = [],
): Record<string, unknown> {
  if (rules.length === 0) return {};
  return {
    [list]: rules.map(({ peers, ports }) => ({
      [peersField]: peers.map((peer) => networkPolicyPeer(peer, namespace)),
      ports: ports.map(networkPolicyPort),
    })),
  };
}

/** Writes a peer as NetworkPolicyPeer; `namespace` is the policy's. */
export function networkPolicyPeer(peer: PeerScope, namespace: string): Record<string, unknown> {
  switch (peer.kind) {
    case 'pods':
      return {
        ...(peer.namespace === namespace
          ? {}
          : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer.namespace } } }),
        ...(peer.namespace === namespace || peer.labels.size > 0 ? { podSelector: matchLabels(peer.labels) } : {}),
      };
    case 'addresses':
      return { ipBlock: { cidr: peer.cidr } };
    case 'entity':
    case 'name':
    case 'principal':
      throw new TypeError(`a NetworkPolicy has no peers of kind ${peer.kind}`);
  }
}

function networkPolicyPort({ protocol, port, name }: PortScope): Record<string, unknown> {
  return { protocol, port: name ?? port };
}

/** A LabelSelector of just labels. */
export function matchLabels(labels: Labels): Record<string, unknown> {
  return labels.size === 0 ? {} : { matchLabels: Object.fromEntries(labels) };
}
