import type { KubeManifest, KubeObject } from '@kestrel/testkit';

// Kubernetes objects as the API takes them, built by small functions so that the sample reads as a list of what runs.

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: true;
}

/** What an object needs to be named as the owner of another. */
export const ownerOf = (owner: KubeObject): OwnerReference => {
  const { name, uid } = owner.metadata;
  if (uid === undefined) throw new Error(`${owner.kind} ${name} was not created yet: it has no uid`);
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true };
};

const IMAGES = 'registry.example.com/shop';

export const teamNamespace = (name: string): KubeManifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { team: name } },
});

export const node = (name: string): KubeManifest => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubernetes.io/hostname': name } },
  spec: { podCIDRs: [`10.244.${name.slice(-1)}.0/24`], podCIDR: `10.244.${name.slice(-1)}.0/24` },
});

export const serviceAccount = (namespace: string, name: string): KubeManifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace },
});

/** An application of the sample: a name that is also its label, its service account and its service. */
export interface App {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly replicas: number;
}

export const labelsOf = (app: App): Record<string, string> => ({ app: app.name, 'app.kubernetes.io/part-of': 'shop' });

const podTemplate = (app: App, version: string) => ({
  metadata: { labels: { ...labelsOf(app), version } },
  spec: {
    serviceAccountName: app.name,
    containers: [
      {
        name: app.name,
        image: `${IMAGES}/${app.name}:${version}`,
        ports: [{ name: 'main', containerPort: app.port }],
        // Here to be left out: neither may ever reach the bus.
        env: [{ name: 'API_KEY', value: 'sample-secret-value' }],
        args: ['--token=sample-secret-value'],
      },
    ],
  },
});

/** Deployment, StatefulSet, DaemonSet or ReplicaSet. */
export function controller(
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet',
  app: App,
  options: { name?: string; version?: string; owner?: KubeObject } = {},
): KubeManifest {
  const version = options.version ?? 'v1';
  const pinned = kind === 'ReplicaSet' ? { ...labelsOf(app), version } : labelsOf(app);
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name: options.name ?? app.name,
      namespace: app.namespace,
      labels: labelsOf(app),
      ...(options.owner && { ownerReferences: [ownerOf(options.owner)] }),
    },
    spec: {
      ...(kind !== 'DaemonSet' && { replicas: app.replicas }),
      ...(kind === 'StatefulSet' && { serviceName: app.name }),
      selector: { matchLabels: pinned },
      template: podTemplate(app, version),
    },
  };
}

export function pod(app: App, name: string, owner: KubeObject, nodeName: string, version = 'v1'): KubeManifest {
  const template = podTemplate(app, version);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: app.namespace,
      labels: template.metadata.labels,
      ownerReferences: [ownerOf(owner)],
    },
    spec: { ...template.spec, nodeName },
  };
}

/** What a kubelet would report for a pod that runs. */
export const runningStatus = (ip: string) => ({
  status: {
    phase: 'Running',
    podIP: ip,
    podIPs: [{ ip }],
    hostIP: '192.0.2.1',
    hostIPs: [{ ip: '192.0.2.1' }],
    conditions: [{ type: 'Ready', status: 'True' }],
  },
});

export const service = (app: App): KubeManifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: app.name, namespace: app.namespace, labels: labelsOf(app) },
  spec: { selector: labelsOf(app), ports: [{ name: 'main', port: 80, targetPort: 'main', protocol: 'TCP' }] },
});

export const endpointSlice = (app: App, pods: readonly { name: string; uid: string; ip: string }[]): KubeManifest => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${app.name}-1`, namespace: app.namespace, labels: { 'kubernetes.io/service-name': app.name } },
  addressType: 'IPv4',
  endpoints: pods.map(({ name, uid, ip }) => ({
    addresses: [ip],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', namespace: app.namespace, name, uid },
  })),
  ports: [{ name: 'main', port: app.port, protocol: 'TCP' }],
});

export const cronJob = (app: App): KubeManifest => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: app.name, namespace: app.namespace },
  spec: {
    schedule: '*/15 * * * *',
    jobTemplate: { spec: { template: { spec: { ...podTemplate(app, 'v1').spec, restartPolicy: 'Never' } } } },
  },
});

export const job = (app: App, name: string, owner: KubeObject): KubeManifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: app.namespace, ownerReferences: [ownerOf(owner)] },
  spec: { template: { spec: { ...podTemplate(app, 'v1').spec, restartPolicy: 'Never' } } },
});

export const ingress = (app: App, host: string): KubeManifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: app.name, namespace: app.namespace },
  spec: {
    rules: [
      {
        host,
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: app.name, port: { name: 'main' } } } }],
        },
      },
    ],
  },
});

/** A NetworkPolicy that lets the named apps reach one app at its port; with no names it denies all ingress of the namespace. */
export const networkPolicy = (
  namespace: string,
  name: string,
  options: { to?: App; from?: readonly string[] } = {},
): KubeManifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace },
  spec: {
    podSelector: options.to ? { matchLabels: { app: options.to.name } } : {},
    policyTypes: ['Ingress'],
    ...(options.to && {
      ingress: [
        {
          from: (options.from ?? []).map((app) => ({
            namespaceSelector: {},
            podSelector: { matchLabels: { app } },
          })),
          ports: [{ port: 'main' }],
        },
      ],
    }),
  },
});
