import { endpointSliceSpec } from '../core/normalize/endpoint-slice.ts';
import { ingressSpec } from '../core/normalize/ingress.ts';
import { namespaceSpec } from '../core/normalize/namespace.ts';
import { nodeSpec } from '../core/normalize/node.ts';
import { podSpec } from '../core/normalize/pod.ts';
import { policySpec } from '../core/normalize/policy.ts';
import { serviceAccountSpec } from '../core/normalize/service-account.ts';
import { serviceSpec } from '../core/normalize/service.ts';
import type { SpecNormalizer } from '../core/normalize/spec-normalizer.ts';
import { cronJobSpec, daemonSetSpec, jobSpec, replicatedSpec } from '../core/normalize/workload.ts';
import { adminPolicySelection } from '../core/selection/admin-policy.ts';
import { ciliumClusterwideSelection, ciliumSelection } from '../core/selection/cilium-policy.ts';
import { istioSelection } from '../core/selection/istio-policy.ts';
import { networkPolicySelection } from '../core/selection/network-policy.ts';
import type { SelectionReader } from '../core/selection/selection-reader.ts';
import type { Kind, Tier } from './kind.ts';

/** `v1/pods`, `apps/v1,v1beta1/deployments`; a plural that starts with `*` is of the cluster, not of a namespace. */
function builtIn(tier: Tier, path: string, kind: string, normalize: SpecNormalizer): Kind {
  return { ...parse(path), id: kind, kind, tier, origin: 'built_in', normalize };
}

function policy(path: string, kind: string, selection: SelectionReader, origin: Kind['origin'] = 'crd'): Kind {
  return { ...parse(path), id: kind, kind, tier: 4, origin, normalize: policySpec, selection };
}

function parse(path: string): Pick<Kind, 'group' | 'versions' | 'plural' | 'namespaced'> {
  const parts = path.split('/');
  const [resource = '', versions = '', group = ''] = parts.toReversed();
  const [first = '', ...others] = versions.split(',');
  const namespaced = !resource.startsWith('*');
  return { group, versions: [first, ...others], plural: namespaced ? resource : resource.slice(1), namespaced };
}

/** All kinds that the ingester knows, in the order in which their first syncs begin. */
export function kindTable(o: { istioRootNamespace: string }): readonly Kind[] {
  const istio = istioSelection(o.istioRootNamespace, 'selects_everywhere');
  return [
    builtIn(0, 'v1/*namespaces', 'Namespace', namespaceSpec),
    builtIn(0, 'v1/*nodes', 'Node', nodeSpec),
    builtIn(0, 'batch/v1/cronjobs', 'CronJob', cronJobSpec),
    builtIn(0, 'apps/v1/deployments', 'Deployment', replicatedSpec),
    builtIn(0, 'apps/v1/statefulsets', 'StatefulSet', replicatedSpec),
    builtIn(0, 'apps/v1/daemonsets', 'DaemonSet', daemonSetSpec),
    builtIn(1, 'apps/v1/replicasets', 'ReplicaSet', replicatedSpec),
    builtIn(1, 'batch/v1/jobs', 'Job', jobSpec),
    builtIn(2, 'v1/pods', 'Pod', podSpec),
    builtIn(3, 'v1/services', 'Service', serviceSpec),
    builtIn(3, 'discovery.k8s.io/v1/endpointslices', 'EndpointSlice', endpointSliceSpec),
    builtIn(3, 'v1/serviceaccounts', 'ServiceAccount', serviceAccountSpec),
    builtIn(3, 'networking.k8s.io/v1/ingresses', 'Ingress', ingressSpec),
    policy('networking.k8s.io/v1/networkpolicies', 'NetworkPolicy', networkPolicySelection, 'built_in'),
    policy('cilium.io/v2/ciliumnetworkpolicies', 'CiliumNetworkPolicy', ciliumSelection),
    policy(
      'cilium.io/v2/*ciliumclusterwidenetworkpolicies',
      'CiliumClusterwideNetworkPolicy',
      ciliumClusterwideSelection,
    ),
    policy('security.istio.io/v1,v1beta1/authorizationpolicies', 'AuthorizationPolicy', istio),
    policy('security.istio.io/v1,v1beta1/peerauthentications', 'PeerAuthentication', istio),
    policy('security.istio.io/v1,v1beta1/requestauthentications', 'RequestAuthentication', istio),
    policy(
      'telemetry.istio.io/v1,v1alpha1/telemetries',
      'Telemetry',
      istioSelection(o.istioRootNamespace, 'selects_own_namespace'),
    ),
    policy('policy.networking.k8s.io/v1alpha1/*adminnetworkpolicies', 'AdminNetworkPolicy', adminPolicySelection),
    policy(
      'policy.networking.k8s.io/v1alpha1/*baselineadminnetworkpolicies',
      'BaselineAdminNetworkPolicy',
      adminPolicySelection,
    ),
    policy('policy.networking.k8s.io/v1alpha2/*clusternetworkpolicies', 'ClusterNetworkPolicy', adminPolicySelection),
  ];
}
