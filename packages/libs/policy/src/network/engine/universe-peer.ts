import type { Address } from '../../address/address.ts';
import type { Cluster, Namespace, Pod } from '../../model/cluster.ts';
import type { Labels } from '../../model/selector.ts';
import type { Peer, PeerIndex } from '../peer.ts';
import { ENDPOINT_LABELS } from '../rule.ts';

/** A peer with all that matching needs to know of it. */
export interface UniversePeer extends Peer {
  /** One address for all: every pod of the peer (every address of the range) lies in the same blocks. Empty: not known. */
  readonly addresses: readonly Address[];
  /** Beginnings of label keys of which it is not known whether the peer has them. */
  readonly unknownLabels: readonly string[];
  readonly namedPortsKnown: boolean;
  /** Names that DNS answered for it; undefined: not known. Pods, nodes and most entities have none. */
  readonly dnsNames: readonly string[] | undefined;
  /** For nodes: as seen by its own pods, or by everybody else. */
  readonly nodeSide?: 'host' | 'remote-node';
  /** It may be anything: every rule that is not about everybody may match it. */
  readonly anyone?: true;
  /** For a late peer that narrows a known one: that one. */
  readonly base?: PeerIndex;
}

/** A peer before it has its place. */
export type PeerDraft = Omit<UniversePeer, 'index'>;

/** No names of ports. */
export const noNamedPorts: UniversePeer['namedPorts'] = new Map();

const { type, namespace, serviceAccount, cluster, pod: podKey, ofNamespace, node: nodeKey, entity } = ENDPOINT_LABELS;

/** The labels of a pod's endpoint. */
export function podLabels(
  pod: { readonly namespace: string; readonly labels: Labels; readonly serviceAccount: string | undefined },
  of: { readonly namespace: Namespace | undefined; readonly clusterName: string },
): Labels {
  const labels = new Map<string, string>([
    [type, 'pod'],
    [namespace, pod.namespace],
    [cluster, of.clusterName],
  ]);
  if (pod.serviceAccount !== undefined) labels.set(serviceAccount, pod.serviceAccount);
  // Every namespace has this label, whether an object of it was given or not.
  labels.set(ofNamespace('kubernetes.io/metadata.name'), pod.namespace);
  for (const [key, value] of of.namespace?.labels ?? []) labels.set(ofNamespace(key), value);
  for (const [key, value] of pod.labels) labels.set(podKey(key), value);
  return labels;
}

/** The labels of a node as its own pods or all others see it. */
export function nodeLabels(
  node: { readonly labels: Labels; readonly apiServer: boolean },
  side: 'host' | 'remote-node',
  clusterName: string | undefined,
): Labels {
  const labels = new Map<string, string>([
    [type, 'node'],
    [entity(side), ''],
  ]);
  if (clusterName !== undefined) labels.set(cluster, clusterName);
  if (node.apiServer) labels.set(entity('kube-apiserver'), '');
  for (const [key, value] of node.labels) labels.set(nodeKey(key), value);
  return labels;
}

/** The labels of addresses outside of the cluster; without a family both of its entities are left out. */
export function worldLabels(kind: 'range' | 'reserved', families: readonly (4 | 6)[]): Map<string, string> {
  const labels = new Map<string, string>([
    [type, kind],
    [entity('world'), ''],
  ]);
  for (const family of families) labels.set(entity(`world-ipv${family}`), '');
  return labels;
}

/** Named ports of a pod by their name. */
export function namedPortsOf(pod: Pick<Pod, 'namedPorts'>): UniversePeer['namedPorts'] {
  if (pod.namedPorts.length === 0) return noNamedPorts;
  const ports = new Map<string, { port: number; protocol: Pod['namedPorts'][number]['protocol'] }[]>();
  for (const { name, port, protocol } of pod.namedPorts) {
    const known = ports.get(name);
    if (known === undefined) ports.set(name, [{ port, protocol }]);
    else known.push({ port, protocol });
  }
  return ports;
}

/** Addresses of the API server: those behind the service `default/kubernetes`. */
export function apiServerAddresses(from: Pick<Cluster, 'endpointSlices'>): readonly string[] {
  const found = from.endpointSlices
    .filter((slice) => slice.namespace === 'default' && slice.service === 'kubernetes')
    .flatMap((slice) => slice.addresses);
  return [...new Set(found)];
}

/** What a sentence calls a peer. */
export function titleOf({ kind, name }: Pick<UniversePeer, 'kind' | 'name'>): string {
  if (kind === 'node') return name === '' ? 'a node that is not known' : `node ${name}`;
  return name;
}
