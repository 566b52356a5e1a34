/** Kinds without a namespace, by kind and group; for other kinds a missing namespace means `default`. */
const clusterScoped: ReadonlyMap<string, readonly string[]> = new Map([
  ['Namespace', ['']],
  ['Node', ['']],
  ['PersistentVolume', ['']],
  ['AdminNetworkPolicy', ['policy.networking.k8s.io']],
  ['BaselineAdminNetworkPolicy', ['policy.networking.k8s.io']],
  ['ClusterNetworkPolicy', ['policy.networking.k8s.io', 'crd.antrea.io']],
  ['GlobalNetworkPolicy', ['crd.projectcalico.org', 'projectcalico.org']],
  ['StagedGlobalNetworkPolicy', ['crd.projectcalico.org', 'projectcalico.org']],
  ['GlobalNetworkSet', ['crd.projectcalico.org', 'projectcalico.org']],
  ['HostEndpoint', ['crd.projectcalico.org', 'projectcalico.org']],
  ['Tier', ['crd.projectcalico.org', 'projectcalico.org', 'crd.antrea.io']],
]);

/** Whether objects of a kind have no namespace. Cilium says it in its kinds' names. */
export function isClusterScoped(group: string, kind: string): boolean {
  if (clusterScoped.get(kind)?.includes(group) === true) return true;
  return group === 'cilium.io' && (kind.startsWith('CiliumClusterwide') || ciliumClusterScoped.includes(kind));
}

const ciliumClusterScoped = [
  'CiliumCIDRGroup',
  'CiliumNode',
  'CiliumIdentity',
  'CiliumExternalWorkload',
  'CiliumEgressGatewayPolicy',
  'CiliumLoadBalancerIPPool',
  'CiliumL2AnnouncementPolicy',
];
