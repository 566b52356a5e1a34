import { managedFields } from './pod-managed-fields.ts';
import { slot, variableName } from './pod-slots.ts';

/** How many environment variables the two containers have, and how many fields their managers name: both set the size. */
export interface PodShape {
  readonly variables: number;
  readonly managedVariables: number;
}

/** A Pod as a controller and a kubelet leave it behind, with slots for what differs from pod to pod. */
export function podObject(shape: PodShape): object {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: slot('name'),
      generateName: `${slot('replicaSet')}-`,
      namespace: slot('namespace'),
      uid: slot('uid'),
      resourceVersion: slot('version'),
      creationTimestamp: '2026-11-20T08:15:42Z',
      labels: {
        app: slot('app'),
        'app.kubernetes.io/name': slot('app'),
        'app.kubernetes.io/part-of': 'shop',
        'app.kubernetes.io/version': '2.14.3',
        'pod-template-hash': slot('templateHash'),
        'bench.usekestrel.ai/revision': slot('revision'),
      },
      annotations: {
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': '9090',
        'kubectl.kubernetes.io/restartedAt': '2026-11-20T08:15:40Z',
      },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: slot('replicaSet'),
          uid: slot('replicaSetUid'),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: managedFields(shape.managedVariables),
    },
    spec: podSpec(shape.variables),
    status: podStatus(),
  };
}

function podSpec(variables: number): object {
  return {
    volumes: [
      { name: 'config', configMap: { name: slot('app'), defaultMode: 420 } },
      {
        name: 'kube-api-access',
        projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }] },
      },
    ],
    containers: [container('server', 'shop/checkout', 8080, variables), container('metrics', 'shop/exporter', 9090, 0)],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: slot('app'),
    serviceAccount: slot('app'),
    nodeName: slot('node'),
    securityContext: { runAsNonRoot: true, fsGroup: 2000 },
    schedulerName: 'default-scheduler',
    tolerations: ['not-ready', 'unreachable'].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

function container(name: string, image: string, port: number, variables: number): object {
  const probe = { httpGet: { path: '/healthz', port, scheme: 'HTTP' }, timeoutSeconds: 1, periodSeconds: 10 };
  return {
    name,
    image: `registry.example.com/${image}:2.14.3`,
    args: ['--listen', `:${port}`, '--config', '/etc/config/config.yaml'],
    ports: [{ name, containerPort: port, protocol: 'TCP' }],
    env: Array.from({ length: variables }, (_, i) => ({
      name: variableName(i),
      value: `value-of-setting-${1_000 + i}`,
    })),
    resources: { limits: { cpu: '500m', memory: '512Mi' }, requests: { cpu: '100m', memory: '256Mi' } },
    volumeMounts: [{ name: 'config', readOnly: true, mountPath: '/etc/config' }],
    livenessProbe: probe,
    readinessProbe: probe,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    securityContext: { capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
  };
}

function podStatus(): object {
  const types = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  return {
    phase: 'Running',
    conditions: types.map((type) => ({
      type,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: '2026-11-20T08:15:51Z',
    })),
    hostIP: slot('hostIp'),
    hostIPs: [{ ip: slot('hostIp') }],
    podIP: slot('ip'),
    podIPs: [{ ip: slot('ip') }],
    startTime: '2026-11-20T08:15:42Z',
    containerStatuses: ['server', 'metrics'].map((name) => ({
      name,
      state: { running: { startedAt: '2026-11-20T08:15:49Z' } },
      lastState: {},
      ready: true,
      restartCount: 0,
      image: 'registry.example.com/shop/checkout:2.14.3',
      imageID: `registry.example.com/shop/checkout@sha256:${'5f'.repeat(32)}`,
      containerID: `containerd://${'8a'.repeat(32)}`,
      started: true,
    })),
    qosClass: 'Burstable',
  };
}
