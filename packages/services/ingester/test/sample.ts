import type { KubeManifest } from '@kestrel/testkit';

/** A pod as a controller would have made it: labels, owner and phase are the test's. */
export function pod(
  name: string,
  o: {
    namespace: string;
    labels?: Record<string, string>;
    owner?: { kind: string; name: string; uid: string; apiVersion: string };
  },
): KubeManifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: o.namespace,
      labels: o.labels ?? {},
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'SECRET-LAST', 'kestrel.ai/owner': 'team-a' },
      ...(o.owner === undefined ? {} : { ownerReferences: [{ ...o.owner, controller: true }] }),
    },
    spec: {
      serviceAccountName: 'default',
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'app',
          image: 'registry.example/app:1',
          args: ['SECRET-ARG'],
          env: [{ name: 'TOKEN', value: 'SECRET-ENV' }],
          ports: [{ name: 'http', containerPort: 8080 }],
        },
      ],
    },
  };
}

const podTemplate = (labels: Record<string, string>) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'app', image: 'registry.example/app:1', args: ['SECRET-ARG'] }] },
});

/** A Deployment, StatefulSet, DaemonSet or ReplicaSet. */
export function workload(
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet',
  name: string,
  o: {
    namespace: string;
    labels: Record<string, string>;
    owner?: { kind: string; name: string; uid: string; apiVersion: string };
  },
): KubeManifest {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name,
      namespace: o.namespace,
      ...(o.owner === undefined ? {} : { ownerReferences: [{ ...o.owner, controller: true }] }),
    },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas: 2 }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      selector: { matchLabels: o.labels },
      template: podTemplate(o.labels),
    },
  };
}

/** One object of every built-in kind, beside pods and their controllers. */
export function others(namespace: string): KubeManifest[] {
  const metadata = (name: string) => ({ name, namespace });
  const job = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image: 'job:1' }] } } };
  return [
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-1' },
      spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('default'), automountServiceAccountToken: false },
    { apiVersion: 'batch/v1', kind: 'Job', metadata: metadata('migrate'), spec: job },
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: metadata('nightly'),
      spec: { schedule: '0 3 * * *', jobTemplate: { spec: job } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata('web'),
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata('web-abc'), labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.0.7'] }, { addresses: ['10.1.0.6'], conditions: { ready: false } }],
      ports: [{ name: 'http', port: 8080 }],
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: metadata('web'),
      spec: {
        rules: [
          {
            host: 'shop.example',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } }],
            },
          },
        ],
      },
    },
    networkPolicy('web', namespace, { app: 'web' }),
  ];
}

export function networkPolicy(name: string, namespace: string, labels: Record<string, string>): KubeManifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: { podSelector: { matchLabels: labels }, policyTypes: ['Ingress'], ingress: [{}] },
  };
}
