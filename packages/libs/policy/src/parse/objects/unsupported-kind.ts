/** Groups all of whose kinds decide over connections or requests, in ways that the engine does not know. */
const decidingGroups = ['crd.projectcalico.org', 'projectcalico.org', 'policy.linkerd.io'];

/** Their kinds that don't. */
const harmlessKinds = [
  'BGPConfiguration',
  'BGPFilter',
  'BGPPeer',
  'BlockAffinity',
  'CalicoNodeStatus',
  'ClusterInformation',
  'FelixConfiguration',
  'IPAMBlock',
  'IPAMConfig',
  'IPAMConfiguration',
  'IPAMHandle',
  'IPPool',
  'IPReservation',
  'KubeControllersConfiguration',
  'HTTPRoute',
];

/** Groups whose policies are about something else than connections: admission, images, certificates, scaling. */
const otherPolicyGroups = [
  'admissionregistration.k8s.io',
  'audit.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'image.toolkit.fluxcd.io',
  'kyverno.io',
  'policies.kyverno.io',
  'policy',
  'policy.cert-manager.io',
  'policy.sigstore.dev',
  'templates.gatekeeper.sh',
  'wgpolicyk8s.io',
];

/** Kinds that decide over connections or requests and are not called policies. */
const decidingKinds = [
  'CiliumEnvoyConfig',
  'CiliumClusterwideEnvoyConfig',
  'EgressFirewall',
  'EnvoyFilter',
  'MeshTrafficPermission',
  'ServiceIntentions',
  'TrafficPermission',
];

/** Words of policies' names that say they are not about connections. */
const otherPolicyWords =
  /(Backup|Certificate|Cleanup|Cluster|Image|Lifecycle|Override|Propagation|Pod(Disruption|Security)|Report|Retention|Rotation|Scaling|Schedule|Snapshot)s?Policy$/;

/**
 * Whether a kind that the engine does not read could decide over connections or requests, as far as its name tells: policies
 * of other network plugins, meshes and gateways.
 */
export function couldDecide(group: string, kind: string): boolean {
  if (otherPolicyGroups.includes(group)) return false;
  if (decidingKinds.includes(kind)) return true;
  if (decidingGroups.includes(group)) return !harmlessKinds.includes(kind);
  if (/Network(Set)?Policy$/.test(kind)) return true;
  return kind.endsWith('Policy') && kind !== 'Policy' && !otherPolicyWords.test(kind);
}
