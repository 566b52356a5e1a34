import type { Resource } from '@kestrel/proto/events';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../model/cluster.ts';
import { readManifests } from './read-manifests.ts';
import { readRecords } from './read-records.ts';

type Ref = NonNullable<Resource['ref']>;

function record(ref: Partial<Ref>, spec: Resource['spec'], over: Partial<Resource> = {}): Resource {
  return {
    ref: { group: '', version: 'v1', kind: '', namespace: 'shop', name: '', uid: 'u', resourceVersion: '1', ...ref },
    labels: {},
    annotations: {},
    createdAt: undefined,
    deletionRequestedAt: undefined,
    owners: [],
    spec,
    ...over,
  };
}

type PodSpec = Extract<NonNullable<Resource['spec']>, { $case: 'pod' }>['value'];

function pod(name: string, over: Partial<PodSpec> = {}, resource: Partial<Resource> = {}): Resource {
  const value: PodSpec = {
    node: 'n1',
    ips: ['10.0.0.1'],
    hostIps: [],
    hostNetwork: false,
    serviceAccount: 'robot',
    phase: 'Running',
    ready: true,
    containers: [],
    workload: undefined,
    ...over,
  };
  return record({ kind: 'Pod', name }, { $case: 'pod', value }, resource);
}

function workload(kind: string, name: string, replicas: number, owners: Resource['owners'] = []): Resource {
  const value = {
    replicas,
    readyReplicas: 0,
    selector: undefined,
    templateLabels: { app: name },
    serviceAccount: '',
    containers: [],
    hostNetwork: false,
    schedule: '',
    suspended: false,
  };
  const group = kind === 'CronJob' ? 'batch' : 'apps';
  return record({ group, kind, name }, { $case: 'workload', value }, { owners });
}

function policy(
  spec: Record<string, unknown> | undefined,
  specs: Record<string, unknown>[],
  ref: Partial<Ref>,
): Resource {
  const value = {
    spec,
    specs,
    selectedWorkloads: [],
    selectedPods: 0,
    selectionTruncated: false,
    selectionUnknown: '',
  };
  return record({ name: 'p', ...ref }, { $case: 'policy', value });
}

const owner = (kind: string, name: string, resolved: boolean): Resource['owners'][number] => ({
  group: 'apps',
  kind,
  name,
  uid: 'x',
  resolved,
});

/** Without where policies came from. */
function plain({ policies, ...rest }: Cluster): unknown {
  return { ...rest, policies: policies.map(({ ref, specs }) => ({ ref, specs })) };
}

describe('records', () => {
  it('given records of every kind that decides, when read, then the cluster is the same as from manifests', () => {
    const records: Resource[] = [
      record(
        { kind: 'Namespace', namespace: '', name: 'shop' },
        { $case: 'namespace', value: { phase: 'Active' } },
        { labels: { team: 'a' } },
      ),
      record(
        { kind: 'Node', namespace: '', name: 'n1' },
        {
          $case: 'node',
          value: {
            addresses: [{ type: 'InternalIP', address: '10.9.0.1' }],
            podCidrs: ['10.0.0.0/24'],
            ready: true,
            unschedulable: false,
            kubeletVersion: '',
            providerId: '',
          },
        },
      ),
      pod(
        'web-1',
        {
          workload: { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' },
          containers: [
            {
              name: 'c',
              image: '',
              sidecar: false,
              ports: [
                { name: 'http', port: 80, protocol: 'TCP', hostPort: 0 },
                { name: '', port: 81, protocol: '', hostPort: 0 },
              ],
            },
            { name: 'istio-proxy', image: '', sidecar: true, ports: [] },
          ],
        },
        { labels: { app: 'web' } },
      ),
      workload('Deployment', 'web', 1),
      workload('CronJob', 'tick', 0),
      record(
        { kind: 'Service', name: 's' },
        {
          $case: 'service',
          value: {
            type: 'NodePort',
            clusterIps: ['10.1.0.1'],
            externalIps: ['1.2.3.4'],
            selector: { app: 'web' },
            externalName: '',
            ports: [
              { name: 'a', protocol: 'TCP', port: 80, targetPort: 'http', nodePort: 30080, appProtocol: 'http' },
              { name: 'b', protocol: 'UDP', port: 53, targetPort: '5353', nodePort: 0, appProtocol: '' },
            ],
          },
        },
      ),
      record(
        { group: 'discovery.k8s.io', kind: 'EndpointSlice', name: 's-1' },
        {
          $case: 'endpointSlice',
          value: {
            service: 's',
            addressType: 'IPv4',
            endpoints: [{ addresses: ['10.0.0.1'], ready: true, podUid: '', pod: '', node: '' }],
            ports: [{ name: 'a', port: 80, protocol: 'TCP', hostPort: 0 }],
          },
        },
        { labels: { 'kubernetes.io/service-name': 's' } },
      ),
      record({ kind: 'ServiceAccount', name: 'robot' }, { $case: 'serviceAccount', value: { automountToken: true } }),
      policy({ podSelector: {}, ingress: null }, [], { group: 'networking.k8s.io', kind: 'NetworkPolicy' }),
      policy(undefined, [{ description: 'a' }], { group: 'cilium.io', version: 'v2', kind: 'CiliumNetworkPolicy' }),
      record(
        { group: 'cilium.io', version: 'v2', kind: 'CiliumCIDRGroup', namespace: '', name: 'g' },
        { $case: 'custom', value: { fields: { 'spec.externalCIDRs': ['10.0.0.0/8'] }, changedAt: undefined } },
      ),
    ];
    const manifests = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDRs: [10.0.0.0/24]}
status: {addresses: [{type: InternalIP, address: 10.9.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
spec:
  nodeName: n1
  serviceAccountName: robot
  containers: [{name: c, ports: [{name: http, containerPort: 80}]}]
  initContainers: [{name: istio-proxy, restartPolicy: Always}]
status: {phase: Running, podIPs: [{ip: 10.0.0.1}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick, namespace: shop}
spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: tick}}, spec: {}}}}}
---
apiVersion: v1
kind: Service
metadata: {name: s, namespace: shop}
spec: {type: NodePort, clusterIPs: [10.1.0.1], externalIPs: [1.2.3.4], selector: {app: web}, ports: [{name: a, port: 80, targetPort: http, nodePort: 30080, appProtocol: http}, {name: b, protocol: UDP, port: 53, targetPort: 5353}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: s-1, namespace: shop, labels: {kubernetes.io/service-name: s}}
endpoints: [{addresses: [10.0.0.1]}]
ports: [{name: a, port: 80}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
specs: [{description: a}]
---
apiVersion: cilium.io/v2
kind: CiliumCIDRGroup
metadata: {name: g}
spec: {externalCIDRs: [10.0.0.0/8]}
`;
    const found = readRecords(records);
    expect(plain(found)).toEqual(plain(readManifests([{ source: 'f', text: manifests }])));
    expect(found.problems).toEqual([]);
    expect(found.policies.map(({ source }) => source)).toEqual(['records#9', 'records#10']);
    expect(found.pods).toMatchObject([{ name: 'tick' }, { name: 'web-1', meshDataPlane: 'sidecar' }]);
  });

  it('given owners of which the topmost was not seen, when read, then the workload is the topmost that was', () => {
    const cluster = readRecords([
      pod('a', { workload: { group: 'apps', kind: 'ReplicaSet', namespace: 'shop', name: 'set' } }),
      workload('ReplicaSet', 'set', 1, [owner('Rollout', 'r', false)]),
      pod('b', { workload: { group: '', kind: 'Pod', namespace: 'shop', name: 'b' } }),
    ]);
    expect(cluster.pods).toMatchObject([
      { name: 'a', workload: { kind: 'ReplicaSet', name: 'set' } },
      { name: 'b', workload: { kind: 'Pod', name: 'b' } },
    ]);
  });

  it('given a Deployment without pods and its ReplicaSets, when read, then one pod stands for it', () => {
    const cluster = readRecords([
      workload('Deployment', 'web', 0),
      workload('ReplicaSet', 'web-1', 0, [owner('Deployment', 'web', true)]),
      workload('ReplicaSet', 'web-2', 1, [owner('Deployment', 'web', true)]),
    ]);
    expect(cluster.pods).toMatchObject([{ name: 'web', template: true }]);
  });

  it('given records that say nothing, when read, then each has a problem with its number', () => {
    const deep = Array.from({ length: 200 }).reduce<Record<string, unknown>>((inner) => ({ inner }), {});
    const cluster = readRecords([
      record({ kind: 'Pod', name: 'a' }, undefined),
      { ...record({}, undefined), ref: undefined },
      policy(deep, [], { group: 'networking.k8s.io', kind: 'NetworkPolicy' }),
      record({ kind: 'Pod', name: '' }, { $case: 'namespace', value: { phase: '' } }),
    ]);
    expect(cluster.problems.map(({ source, code }) => `${source} ${code}`)).toEqual([
      'records#1 unreadable',
      'records#2 unreadable',
      'records#3 unreadable',
      'records#4 invalid',
    ]);
  });
});
