import { Resource } from '@kestrel/proto/events';
import {
  namespaceCount,
  namespaceName,
  nodeCount,
  nodeName,
  podIp,
  PODS_PER_WORKLOAD,
  workloads,
  type Size,
  type Workload,
} from './shape.ts';
import { policies } from './synthetic-policies.ts';

/** The cluster as KESTREL_RESOURCES has it. */
export function records(size: Size): readonly Resource[] {
  const names = ['kube-system', ...Array.from({ length: namespaceCount(size) }, (_, at) => namespaceName(at))];
  return [
    ...names.map((name) =>
      Resource.fromPartial({
        ref: { version: 'v1', kind: 'Namespace', name },
        labels: { 'kubernetes.io/metadata.name': name, 'istio-injection': 'enabled' },
        spec: { $case: 'namespace', value: { phase: 'Active' } },
      }),
    ),
    ...Array.from({ length: nodeCount(size) }, (_, at) => node(at)),
    ...workloads(size).flatMap(workloadRecords),
    ...policies(size).map(({ ref, spec }) =>
      Resource.fromPartial({ ref, spec: { $case: 'policy', value: { spec: { ...spec } } } }),
    ),
  ];
}

function node(at: number): Resource {
  const address = `172.16.${at >>> 8}.${at & 0xff}`;
  return Resource.fromPartial({
    ref: { version: 'v1', kind: 'Node', name: `node-${at}` },
    labels: { 'kubernetes.io/os': 'linux', 'topology.kubernetes.io/zone': `zone-${at % 3}` },
    spec: { $case: 'node', value: { addresses: [{ type: 'InternalIP', address }], ready: true } },
  });
}

function workloadRecords({ index, namespace, name, labels, serviceAccount }: Workload): Resource[] {
  const containers = [
    {
      name,
      image: `registry.example.com/${name}:1`,
      ports: [
        { name: 'http', port: 8080, protocol: 'TCP' },
        { name: 'metrics', port: 9000, protocol: 'TCP' },
      ],
    },
    { name: 'istio-proxy', image: 'istio/proxyv2:1.29.0', sidecar: true },
  ];
  const workload = Resource.fromPartial({
    ref: { group: 'apps', version: 'v1', kind: 'Deployment', namespace, name },
    labels,
    spec: {
      $case: 'workload',
      value: { replicas: PODS_PER_WORKLOAD, templateLabels: labels, serviceAccount, containers },
    },
  });
  const pods = Array.from({ length: PODS_PER_WORKLOAD }, (_, at) => {
    const pod = index * PODS_PER_WORKLOAD + at;
    return Resource.fromPartial({
      ref: { version: 'v1', kind: 'Pod', namespace, name: `${name}-7c9d8b6f5-${pod.toString(36)}` },
      labels: { ...labels, 'pod-template-hash': '7c9d8b6f5' },
      spec: {
        $case: 'pod',
        value: {
          node: nodeName(pod),
          ips: [podIp(pod + 1)],
          phase: 'Running',
          ready: true,
          serviceAccount,
          containers,
          workload: { group: 'apps', kind: 'Deployment', namespace, name },
        },
      },
    });
  });
  return [workload, ...pods];
}
