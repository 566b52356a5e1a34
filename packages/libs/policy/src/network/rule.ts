import type { Cause } from '../model/cause.ts';
import type { Protocol } from '../model/cluster.ts';
import type { ObjectRef } from '../model/object-ref.ts';
import type { Problem } from '../model/problem.ts';
import type { Selector } from '../model/selector.ts';
import type { Layer7 } from './layer7.ts';

// What every family of network policies is translated to: the one form that the engine indexes and evaluates.

/** Seen from the pod that the policy is about. */
export type Direction = 'ingress' | 'egress';

/** `pass` hands over to the next tier and is only found in the admin tier. */
export type Action = 'allow' | 'deny' | 'pass';

/**
 * Tiers are asked in this order. In `admin` and `baseline` the first matching rule by {@link Rule.order} decides. In
 * `normal` order means nothing: a matching deny wins over every allow, and where nothing matches an isolated pod denies.
 * `baseline` is asked only where the normal tier neither matched nor isolates; at the end everything is allowed.
 */
export type Tier = 'admin' | 'normal' | 'baseline';

/** One rule for one direction. It matches when its subject, one of its peers and one of its ports match. */
export interface Rule {
  readonly policy: ObjectRef;
  /** Where it stands, for example `spec.ingress[0]` or `specs[1].egress[0].toPorts[2]`. Unique within the policy. */
  readonly path: string;
  readonly direction: Direction;
  readonly tier: Tier;
  /** For the ordered tiers: lower is asked first; then policy name, then place in the policy. 0 in the normal tier. */
  readonly order: number;
  readonly action: Action;
  /** Whom it is about, by {@link EndpointLabels}. */
  readonly subjects: Selector;
  /** Any of them; none at all means that nobody matches. */
  readonly peers: readonly PeerTerm[];
  readonly ports: 'all' | readonly PortTerm[];
  /** An allow that holds only for requests that one of these describes. */
  readonly layer7?: Layer7;
  /** Parts that the engine does not know: where the rule would match, it can't be told whether it does. */
  readonly unknown?: readonly Cause[];
}

/** Makes default deny hold for a direction of whatever it selects (normal tier only). */
export interface Isolation {
  readonly policy: ObjectRef;
  /** `spec`, `specs[1]` … */
  readonly path: string;
  readonly direction: Direction;
  readonly subjects: Selector;
  /** It can't be told whether it isolates. */
  readonly unknown?: readonly Cause[];
}

/** A peer by what it is, or by its address. */
export type PeerTerm =
  /** Everything there is: pods, nodes, every address. */
  | { readonly kind: 'everything' }
  /** Peers whose {@link EndpointLabels} meet the selector. */
  | { readonly kind: 'endpoints'; readonly selector: Selector }
  /**
   * Addresses of a block. `reaches` says what else than addresses outside of the cluster can match by its address: the
   * generic profile reaches pods and nodes, Cilium neither, unless its match mode says so.
   */
  | {
      readonly kind: 'addresses';
      /** CIDR in canonical form. */
      readonly cidr: string;
      readonly except: readonly string[];
      readonly reaches: { readonly pods: boolean; readonly nodes: boolean; readonly apiServer: boolean };
    }
  /** Addresses that DNS answered for a name. Patterns as in Cilium's matchPattern, already lower case. */
  | { readonly kind: 'names'; readonly exact?: string; readonly pattern?: string };

/** Ports of a protocol. Numbers are inclusive; for ICMP they are message types. `any` is TCP, UDP and SCTP. */
export type PortTerm =
  | { readonly protocol: Protocol | 'any'; readonly from: number; readonly to: number }
  /** A name, resolved on the destination pod; it never matches where the destination is no pod. */
  | { readonly protocol: Protocol | 'any'; readonly name: string };

/** What a family makes of its policies under a profile. */
export interface Translation {
  readonly rules: readonly Rule[];
  readonly isolations: readonly Isolation[];
  readonly problems: readonly Problem[];
}

/**
 * The keys of the one label space in which all selectors are written. A peer's own labels keep their key behind a prefix,
 * so that a pod's label can never be mistaken for its namespace's.
 * - `type`: `pod`, `node`, `range` (addresses outside of the cluster) or `reserved` (see entities)
 * - `pod:KEY`: labels of the pod · `ns:KEY`: labels of its namespace · `node:KEY`: labels of a node
 * - `namespace`, `serviceaccount`, `cluster`: names
 * - `entity:NAME` (empty value): world, world-ipv4, world-ipv6, host, remote-node, kube-apiserver, ingress, init, health,
 *   unmanaged. A node is `entity:host` for pods that run on it and `entity:remote-node` for all others; the engine
 *   keeps a peer for each.
 */
export const ENDPOINT_LABELS = {
  type: 'type',
  namespace: 'namespace',
  serviceAccount: 'serviceaccount',
  cluster: 'cluster',
  pod: (key: string): string => `pod:${key}`,
  ofNamespace: (key: string): string => `ns:${key}`,
  node: (key: string): string => `node:${key}`,
  entity: (name: string): string => `entity:${name}`,
} as const;
