/** What of Cilium's configuration changes verdicts. Names follow the agent's options. */
export interface CiliumProfile {
  readonly kind: 'cilium';
  /** policy-cidr-match-mode: which managed things a CIDR rule matches besides the world. */
  readonly policyCidrMatchMode: readonly ('nodes' | 'pods')[];
  /** enable-policy. */
  readonly enablePolicy: 'default' | 'always' | 'never';
  /** enable-host-firewall: without it, nothing is enforced on nodes. */
  readonly hostFirewall: boolean;
  /** allow-localhost; `auto` allows when the host firewall or always-mode does not ask otherwise (see cilium's daemon). */
  readonly allowLocalhost: 'auto' | 'always' | 'policy';
  /** policy-audit-mode: verdicts are recorded, nothing is denied. */
  readonly auditMode: boolean;
  /** enable-non-default-deny-policies: whether enableDefaultDeny in policies is heeded. */
  readonly nonDefaultDeny: boolean;
  /** enable-sctp. */
  readonly sctp: boolean;
  /** enable-node-selector-labels: without it (the default) policies with fromNodes or toNodes are refused. */
  readonly nodeSelectorLabels?: boolean;
  /** enable-k8s-cluster-network-policy: whether ClusterNetworkPolicy is enforced; absent: not known. */
  readonly clusterNetworkPolicy?: boolean;
  /** Name of the cluster, for cluster mesh selectors. */
  readonly clusterName: string;
}

/** Who enforces network policies: the API's text and its conformance tests, Cilium, or nobody knows. */
export type NetworkProfile = { readonly kind: 'generic' } | CiliumProfile | { readonly kind: 'unknown' };

/** Who enforces authorization policies. `by-pod` takes it from each destination pod (sidecar, ztunnel or none). */
export type AuthorizationDataPlane = 'sidecar' | 'waypoint' | 'ztunnel' | 'none' | 'by-pod';

/** Mesh settings that decide over authorization. */
export interface AuthorizationProfile {
  readonly dataPlane: AuthorizationDataPlane;
  /** Policies in it apply to the whole mesh; default `istio-system`. */
  readonly rootNamespace: string;
  /** Default `cluster.local`. */
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
}

/** Under which assumptions verdicts hold. Recorded in every result. */
export interface Profile {
  readonly network: NetworkProfile;
  readonly authorization: AuthorizationProfile;
  /** How it came about, in words: `given`, or the sign it was detected by. */
  readonly origin: { readonly network: string; readonly authorization: string };
}

/** Cilium as its chart installs it (v1.20), for what is not given. */
export const CILIUM_DEFAULTS: CiliumProfile = {
  kind: 'cilium',
  policyCidrMatchMode: [],
  enablePolicy: 'default',
  hostFirewall: false,
  allowLocalhost: 'auto',
  auditMode: false,
  nonDefaultDeny: true,
  sctp: false,
  clusterName: 'default',
};

/** Istio as it installs itself, for what is not given. */
export const AUTHORIZATION_DEFAULTS: AuthorizationProfile = {
  dataPlane: 'by-pod',
  rootNamespace: 'istio-system',
  trustDomain: 'cluster.local',
  trustDomainAliases: [],
};
