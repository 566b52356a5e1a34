/** A kind that the synthetic server serves. */
export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

function served(group: string, namespaced: boolean, kinds: Readonly<Record<string, string>>): ServedKind[] {
  return Object.entries(kinds).map(([plural, kind]) => ({ group, version: 'v1', kind, plural, namespaced }));
}

/** The built-in kinds that the operator asks for. CRDs are not installed: their paths are 404, as on a real server. */
export const SERVED_KINDS: readonly ServedKind[] = [
  ...served('', false, { namespaces: 'Namespace', nodes: 'Node' }),
  ...served('', true, { pods: 'Pod', services: 'Service', serviceaccounts: 'ServiceAccount' }),
  ...served('apps', true, {
    daemonsets: 'DaemonSet',
    deployments: 'Deployment',
    replicasets: 'ReplicaSet',
    statefulsets: 'StatefulSet',
  }),
  ...served('batch', true, { cronjobs: 'CronJob', jobs: 'Job' }),
  ...served('discovery.k8s.io', true, { endpointslices: 'EndpointSlice' }),
  ...served('networking.k8s.io', true, { ingresses: 'Ingress', networkpolicies: 'NetworkPolicy' }),
];

/** The group and version as objects state it. */
export function apiVersion(kind: ServedKind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** Path of the collection over all namespaces. */
export function collectionPath(kind: ServedKind): string {
  return `/${kind.group === '' ? 'api' : 'apis'}/${apiVersion(kind)}/${kind.plural}`;
}

/** Aggregated discovery (KEP-3352) of one of the two roots. */
export function discoveryDocument(root: '/api' | '/apis'): object {
  const groups = new Map<string, ServedKind[]>();
  for (const kind of SERVED_KINDS) {
    if ((kind.group === '') === (root === '/api')) groups.set(kind.group, [...(groups.get(kind.group) ?? []), kind]);
  }
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [...groups].map(([name, kinds]) => ({
      metadata: { name: name === '' ? undefined : name },
      versions: [{ version: 'v1', freshness: 'Current', resources: kinds.map(discovered) }],
    })),
  };
}

function discovered(kind: ServedKind): object {
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.kind.toLowerCase(),
    verbs: ['get', 'list', 'watch'],
  };
}
