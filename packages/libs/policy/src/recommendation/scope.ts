import type { Protocol } from '../model/cluster.ts';
import type { Labels } from '../model/selector.ts';
import type { Evidence } from './evidence.ts';

// What a recommended rule names, before it is written as one of the kinds.

/** Whom a rule names. */
export type PeerScope =
  /** Pods of a namespace with these labels; none at all: all of its pods. */
  | { readonly kind: 'pods'; readonly namespace: string; readonly labels: Labels }
  /** A block of addresses, in canonical text. */
  | { readonly kind: 'addresses'; readonly cidr: string }
  /** What the data plane calls by a name of its own (Cilium only). */
  | { readonly kind: 'entity'; readonly entity: string }
  /** Addresses that DNS answers for a name (Cilium only). */
  | { readonly kind: 'name'; readonly name: string }
  /** Whoever has this principal in its certificate (AuthorizationPolicy only). */
  | { readonly kind: 'principal'; readonly principal: string };

/** One kind of request: any value where a field is absent. */
export interface RequestScope {
  readonly method?: string;
  /** As recorded: literal or with variable segments. */
  readonly path?: string;
}

/** To which port a rule opens, and for which requests. */
export interface PortScope {
  readonly protocol: Protocol;
  /** Number; the message type for ICMP. */
  readonly port: number;
  /** Name that stands for the number on every pod concerned. */
  readonly name?: string;
  /** Only these requests; absent: whatever is said on the connection. */
  readonly requests?: readonly RequestScope[];
  /** Cilium reads the DNS answers of this connection, so that names can be told from addresses. */
  readonly readsDns?: boolean;
}

/** One allowance: to this peer, this port. */
export interface Allowance {
  readonly peer: PeerScope;
  readonly port: PortScope;
  readonly evidence: Evidence;
}

/** A rule: every peer with every port. */
export interface DraftRule {
  readonly peers: readonly PeerScope[];
  readonly ports: readonly PortScope[];
  readonly evidence: Evidence;
}

/** A policy, before it is written as one of the kinds. */
export interface DraftPolicy {
  readonly name: string;
  readonly namespace: string;
  /** Labels of the pods that it selects; none: all pods of the namespace. */
  readonly subject: Labels;
  /** Rules of the directions that it isolates; an absent one is left alone. */
  readonly ingress?: readonly DraftRule[];
  readonly egress?: readonly DraftRule[];
}

/** Texts of peers, and below of ports: made once for each object, of which many rules hold the same. */
const peerKeys = new WeakMap<PeerScope, string>();

/** One text for each peer, equal for equal ones. */
export function peerKey(peer: PeerScope): string {
  let key = peerKeys.get(peer);
  if (key === undefined) {
    key = makePeerKey(peer);
    peerKeys.set(peer, key);
  }
  return key;
}

function makePeerKey(peer: PeerScope): string {
  switch (peer.kind) {
    case 'pods':
      return `pods ${peer.namespace} ${labelsKey(peer.labels)}`;
    case 'addresses':
      return `addresses ${peer.cidr}`;
    case 'entity':
      return `entity ${peer.entity}`;
    case 'name':
      return `name ${peer.name}`;
    case 'principal':
      return `principal ${peer.principal}`;
  }
}

/** One text for each set of labels, whatever their order. */
export function labelsKey(labels: Labels): string {
  return [...labels]
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(',');
}

/** One text for each request. */
export function requestKey({ method, path }: RequestScope): string {
  return `${path ?? ''} ${method ?? ''}`;
}

const portKeys = new WeakMap<PortScope, string>();

/** One text for each port with all that it allows there. */
export function portKey(port: PortScope): string {
  let key = portKeys.get(port);
  if (key === undefined) {
    key = makePortKey(port);
    portKeys.set(port, key);
  }
  return key;
}

function makePortKey(port: PortScope): string {
  const requests = port.requests?.map(requestKey).toSorted().join(';');
  return `${connectionKey(port)} ${port.name ?? ''} ${port.readsDns === true ? 'dns' : ''} ${requests ?? 'any'}`;
}

/** One text for each protocol and port. */
export function connectionKey({ protocol, port }: Pick<PortScope, 'protocol' | 'port'>): string {
  return `${protocol} ${port}`;
}

const kindOrder = ['pods', 'entity', 'name', 'principal', 'addresses'] as const;

/** Orders peers as a reader looks for them: pods of the own namespace, other pods, then what is no pod. */
export function comparePeers(own: string): (a: PeerScope, b: PeerScope) => number {
  const place = (peer: PeerScope): number =>
    2 * kindOrder.indexOf(peer.kind) + (peer.kind === 'pods' && peer.namespace !== own ? 1 : 0);
  return (a, b) => place(a) - place(b) || compareText(peerKey(a), peerKey(b));
}

/** Orders ports: by protocol, number, then what is allowed there. */
export function comparePorts(a: PortScope, b: PortScope): number {
  return compareText(a.protocol, b.protocol) || a.port - b.port || compareText(portKey(a), portKey(b));
}

/** Orders texts by code unit: the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
