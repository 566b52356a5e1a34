import { kindTable } from '@kestrel/ingester';
import type { ControlPlane, KubeManifest } from '@kestrel/testkit';

const NAMESPACE = 'kestrel-ai';
const NAME = 'kestrel-ingester';

/** The ingester's user in the cluster. */
export const INGESTER_USER = `system:serviceaccount:${NAMESPACE}:${NAME}`;

/** The ingester's rights: get, list and watch of the kinds that it ingests, nothing else. */
export function ingesterRights(): KubeManifest[] {
  const resources = Map.groupBy(kindTable({ istioRootNamespace: 'istio-system' }), (kind) => kind.group);
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: NAME },
      rules: [...resources].map(([group, kinds]) => ({
        apiGroups: [group],
        resources: kinds.map((kind) => kind.plural),
        verbs: ['get', 'list', 'watch'],
      })),
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: NAME },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: INGESTER_USER }],
    },
  ];
}

/** Gives the ingester its rights and returns a kubeconfig with a token of its own. */
export async function admitIngester(cluster: ControlPlane): Promise<string> {
  await cluster.kube.apply(...ingesterRights());
  return cluster.kubeconfig(cluster.token(INGESTER_USER));
}
