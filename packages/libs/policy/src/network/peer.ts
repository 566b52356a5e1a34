import type { Protocol } from '../model/cluster.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Labels } from '../model/selector.ts';

/** Index of a peer in {@link Universe.peers}. */
export type PeerIndex = number;

/**
 * All that rules can't tell apart: pods with the same labels, namespace, service account, named ports and classes of
 * addresses are one peer. Rules are evaluated for peers, so ten thousand replicas cost what one does.
 */
export interface Peer {
  readonly index: PeerIndex;
  readonly kind: 'pod' | 'node' | 'range' | 'reserved';
  /** See ENDPOINT_LABELS. */
  readonly labels: Labels;
  /** Pods: workload; every pod of a peer has the same one. */
  readonly workload?: ObjectRef;
  /** Pods: named ports, `name` → what it stands for (a name may stand for several protocols). */
  readonly namedPorts: ReadonlyMap<string, readonly { readonly port: number; readonly protocol: Protocol }[]>;
  /** Nodes: name and addresses. Ranges: the inclusive ends as text. */
  readonly name: string;
}

/** How a question names an end. Facts that are not given are not known. */
export interface EndpointQuery {
  /** A pod of the cluster. One that is not given is one of its namespace with labels that are not known. */
  readonly pod?: { readonly namespace: string; readonly name: string };
  /** Pods of a workload. With several peers the verdict is `unknown` (workload-differs) unless they agree. */
  readonly workload?: ObjectRef;
  /** Labels as recorded with traffic: narrows the workload, or stands for a pod that is gone. */
  readonly labels?: Labels;
  readonly namespace?: string;
  /** It may be anybody: what holds for everybody is still known. */
  readonly anyone?: true;
  /** An address: of a pod, a node, or outside. A block (CIDR) stands for what of it is outside of the cluster. */
  readonly ip?: string;
  /** Names that DNS answered for the address; undefined: not known. */
  readonly dnsNames?: readonly string[];
  /** What the data plane called it. */
  readonly entity?: 'host' | 'remote-node' | 'kube-apiserver' | 'world' | 'ingress' | 'unmanaged' | 'init' | 'health';
}
