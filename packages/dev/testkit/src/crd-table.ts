/** One custom resource definition, without the schema: any object is accepted. */
export interface CrdSpec {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
  /** All are served; the first is the one that is stored. */
  readonly versions: readonly string[];
}

/** The policy kinds of other products that Kestrel reads when they exist. Groups, scopes and versions are upstream's. */
export const CRDS = {
  CiliumNetworkPolicy: {
    group: 'cilium.io',
    kind: 'CiliumNetworkPolicy',
    plural: 'ciliumnetworkpolicies',
    scope: 'Namespaced',
    versions: ['v2'],
  },
  CiliumClusterwideNetworkPolicy: {
    group: 'cilium.io',
    kind: 'CiliumClusterwideNetworkPolicy',
    plural: 'ciliumclusterwidenetworkpolicies',
    scope: 'Cluster',
    versions: ['v2'],
  },
  AuthorizationPolicy: {
    group: 'security.istio.io',
    kind: 'AuthorizationPolicy',
    plural: 'authorizationpolicies',
    scope: 'Namespaced',
    versions: ['v1', 'v1beta1'],
  },
  PeerAuthentication: {
    group: 'security.istio.io',
    kind: 'PeerAuthentication',
    plural: 'peerauthentications',
    scope: 'Namespaced',
    versions: ['v1', 'v1beta1'],
  },
  RequestAuthentication: {
    group: 'security.istio.io',
    kind: 'RequestAuthentication',
    plural: 'requestauthentications',
    scope: 'Namespaced',
    versions: ['v1', 'v1beta1'],
  },
  Telemetry: {
    group: 'telemetry.istio.io',
    kind: 'Telemetry',
    plural: 'telemetries',
    scope: 'Namespaced',
    versions: ['v1', 'v1alpha1'],
  },
  AdminNetworkPolicy: {
    group: 'policy.networking.k8s.io',
    kind: 'AdminNetworkPolicy',
    plural: 'adminnetworkpolicies',
    scope: 'Cluster',
    versions: ['v1alpha1'],
  },
  BaselineAdminNetworkPolicy: {
    group: 'policy.networking.k8s.io',
    kind: 'BaselineAdminNetworkPolicy',
    plural: 'baselineadminnetworkpolicies',
    scope: 'Cluster',
    versions: ['v1alpha1'],
  },
  ClusterNetworkPolicy: {
    group: 'policy.networking.k8s.io',
    kind: 'ClusterNetworkPolicy',
    plural: 'clusternetworkpolicies',
    scope: 'Cluster',
    versions: ['v1alpha2'],
  },
} as const satisfies Record<string, CrdSpec>;

/** A kind in {@link CRDS}. */
export type CrdName = keyof typeof CRDS;

/** The CustomResourceDefinition object to apply. */
export function crdObject(spec: CrdSpec) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: crdObjectName(spec),
      // The API server refuses *.k8s.io groups that carry no review; this value says that it is not an approved copy.
      annotations: { 'api-approved.kubernetes.io': 'unapproved, test copy without a schema' },
    },
    spec: {
      group: spec.group,
      scope: spec.scope,
      names: { kind: spec.kind, plural: spec.plural, singular: spec.kind.toLowerCase(), listKind: `${spec.kind}List` },
      versions: spec.versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        subresources: { status: {} },
      })),
    },
  };
}

/** The definition's own name. */
export function crdObjectName(spec: CrdSpec): string {
  return `${spec.plural}.${spec.group}`;
}
