import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import type { Problem } from '../model/problem.ts';
import { readManifests } from './read-manifests.ts';

function read(...texts: string[]): Cluster {
  return readManifests(texts.map((text, index) => ({ source: `f${index}.yaml`, text })));
}

/** Problems but for what is assumed, as `severity code object path`. */
function troubles({ problems }: Cluster): string[] {
  return problems.filter(({ code }) => code !== 'assumed').map(troubleText);
}

function troubleText({ severity, code, object, path }: Problem): string {
  return `${severity} ${code} ${object === undefined ? '-' : refText(object)} ${path}`.trim();
}

function pod(metadata: string, spec: string, status = ''): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {${metadata}}\nspec: {${spec}}\nstatus: {${status}}\n`;
}

const template = '{template: {metadata: {labels: {app: x}}, spec: {}}}';

function deployment(name: string, replicas = 1): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop}\nspec: {replicas: ${replicas}, template: {metadata: {labels: {app: ${name}}}, spec: {serviceAccountName: robot, containers: [{ports: [{name: http, containerPort: 80}]}]}}}\n`;
}

function owned(kind: string, name: string, owner: string, spec = '{}'): string {
  const [ownerKind, ownerName] = owner.split('/');
  return `apiVersion: ${kind === 'Pod' ? 'v1' : 'apps/v1'}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop, labels: {app: x}, ownerReferences: [{kind: ${ownerKind}, name: ${ownerName}, controller: true}]}\nspec: ${spec}\n`;
}

function workloads(...texts: string[]): string[] {
  return read(texts.join('---\n')).pods.map((each) => `${each.name} ${refText(each.workload)} ${each.template}`);
}

function labelled(value: string): string {
  return `apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {x: ${value}}}\n`;
}

describe('namespaces', () => {
  it('given a namespace, when read, then it has its name as a label, whatever it says itself', () => {
    const { namespaces } = read(
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a, kubernetes.io/metadata.name: other}, annotations: {x: "1"}}',
    );
    expect(namespaces.get('shop')).toEqual({
      name: 'shop',
      labels: new Map([
        ['team', 'a'],
        ['kubernetes.io/metadata.name', 'shop'],
      ]),
      annotations: new Map([['x', '1']]),
      implied: false,
    });
  });

  it('given objects in namespaces that are not given, when read, then each is implied once, and said once', () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {}\n';
    const policy =
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {}\n';
    const cluster = read(`${service}---\n${service.replace('a}', 'b}')}---\n${policy}`);
    expect([...cluster.namespaces.keys()]).toEqual(['default', 'shop']);
    expect(cluster.namespaces.get('default')).toMatchObject({ implied: true });
    expect(cluster.problems.map(troubleText)).toEqual([
      'info assumed default[Namespace] metadata.labels',
      'info assumed shop[Namespace] metadata.labels',
    ]);
  });
});

describe('pods', () => {
  it('given a pod, when read, then all that decides is there', () => {
    const { pods } = read(
      pod(
        'name: a, namespace: shop, labels: {app: a}, annotations: {note: b}',
        'nodeName: n1, serviceAccountName: robot, containers: [{name: c, ports: [{name: http, containerPort: 80}, {containerPort: 81}, {name: dns, containerPort: 53, protocol: UDP}]}], initContainers: [{name: i, ports: [{name: not, containerPort: 1}]}, {name: s, restartPolicy: Always, ports: [{name: side, containerPort: 2}]}]',
        'phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: "FD00:0::1"}]',
      ),
    );
    expect(pods).toEqual([
      {
        namespace: 'shop',
        name: 'a',
        labels: new Map([['app', 'a']]),
        annotations: new Map([['note', 'b']]),
        ips: ['10.0.0.1', 'fd00::1'],
        node: 'n1',
        hostNetwork: false,
        serviceAccount: 'robot',
        namedPorts: [
          { name: 'http', port: 80, protocol: 'TCP' },
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'side', port: 2, protocol: 'TCP' },
        ],
        workload: { kind: 'Pod', namespace: 'shop', name: 'a' },
        template: false,
        meshDataPlane: 'none',
      },
    ]);
  });

  it('given a pod with little said, when read, then it has defaults', () => {
    const [found] = read(pod('name: a', 'hostNetwork: true', 'podIP: 10.0.0.1')).pods;
    expect(found).toMatchObject({
      namespace: 'default',
      serviceAccount: 'default',
      hostNetwork: true,
      ips: ['10.0.0.1'],
    });
    expect(found).toMatchObject({ node: '', labels: new Map(), namedPorts: [] });
  });

  it('given a pod without spec, when read, then it is one without containers, and that is said', () => {
    const cluster = read('apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop, labels: {app: a}}\n');
    expect(cluster.pods.map(({ name, namedPorts, hostNetwork }) => [name, namedPorts, hostNetwork])).toEqual([
      ['a', [], false],
    ]);
    expect(troubles(cluster)).toEqual(['warning invalid shop/a[Pod] spec']);
  });

  it('given pods that have ended, when read, then they are no pods', () => {
    const cluster = read(
      [
        pod('name: done', '', 'phase: Succeeded'),
        pod('name: broken', '', 'phase: Failed'),
        pod('name: waits', '', 'phase: Pending'),
      ].join('---\n'),
    );
    expect(cluster.pods.map(({ name }) => name)).toEqual(['waits']);
  });

  it('given an address that is none, when read, then the pod is used without it, and that is said', () => {
    const cluster = read(pod('name: a', '', 'podIPs: [{ip: 10.0.0.300}]'));
    expect(cluster.pods).toMatchObject([{ ips: [] }]);
    expect(troubles(cluster)).toEqual(['warning invalid default/a[Pod] status.podIPs']);
  });
});

describe('owners and templates', () => {
  it('given a workload without pods, when read, then one pod stands for its pods', () => {
    const [found] = read(deployment('web')).pods;
    expect(found).toMatchObject({ namespace: 'shop', name: 'web', template: true, ips: [], serviceAccount: 'robot' });
    expect(found?.labels).toEqual(new Map([['app', 'web']]));
    expect(found?.namedPorts).toEqual([{ name: 'http', port: 80, protocol: 'TCP' }]);
    expect(found?.workload).toEqual({ kind: 'Deployment', namespace: 'shop', name: 'web' });
  });

  it('given the whole chain, when read, then the pod is its Deployment, which needs no template', () => {
    expect(
      workloads(
        owned('Pod', 'web-1-a', 'ReplicaSet/web-1'),
        deployment('web'),
        owned('ReplicaSet', 'web-1', 'Deployment/web', template),
      ),
    ).toEqual(['web-1-a shop/web[Deployment] false']);
  });

  it('given a chain that is named but not given, when read, then it goes as far as it is named', () => {
    expect(workloads(owned('Pod', 'a', 'ReplicaSet/web-1'))).toEqual(['a shop/web-1[ReplicaSet] false']);
    expect(
      workloads(owned('Pod', 'a', 'ReplicaSet/web-1'), owned('ReplicaSet', 'web-1', 'Deployment/web', template)),
    ).toEqual(['a shop/web[Deployment] false']);
  });

  it('given a ReplicaSet of a Deployment, when no pod is given, then only one of both makes a template', () => {
    const set = owned('ReplicaSet', 'web-1', 'Deployment/web', template);
    expect(workloads(deployment('web'), set)).toEqual(['web shop/web[Deployment] true']);
    expect(workloads(set)).toEqual(['web-1 shop/web[Deployment] true']);
    expect(
      workloads(owned('ReplicaSet', 'web-0', 'Deployment/web', template.replace('{t', '{replicas: 0, t'))),
    ).toEqual([]);
  });

  it('given a Deployment scaled to nothing, when read, then a pod still stands for what it would run', () => {
    expect(workloads(deployment('web', 0))).toEqual(['web shop/web[Deployment] true']);
  });

  it.each([
    ['apps/v1', 'StatefulSet', template],
    ['apps/v1', 'DaemonSet', template],
    ['v1', 'ReplicationController', template],
    ['batch/v1', 'Job', template],
    ['batch/v1', 'CronJob', `{jobTemplate: {spec: ${template}}}`],
    ['argoproj.io/v1alpha1', 'Rollout', template],
  ])('given a %s %s, when read, then a pod stands for its pods', (apiVersion, kind, spec) => {
    const { pods } = read(
      `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a, namespace: shop}\nspec: ${spec}`,
    );
    expect(pods).toMatchObject([{ name: 'a', template: true, workload: { kind, namespace: 'shop', name: 'a' } }]);
    expect(pods[0]?.labels.get('app')).toBe('x');
  });

  it('given a Job that has ended, when read, then it makes no pods', () => {
    const job = `apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: ${template}\n`;
    expect(read(job).pods[0]?.labels.get('job-name')).toBe('a');
    expect(read(`${job}status: {conditions: [{type: Complete, status: "True"}]}`).pods).toEqual([]);
  });

  it('given a mirror pod of a node, when read, then it is its own workload', () => {
    expect(workloads(owned('Pod', 'etcd-n1', 'Node/n1'))).toEqual(['etcd-n1 shop/etcd-n1[Pod] false']);
  });

  it('given owners in a circle, when read, then reading ends', () => {
    const cluster = read(
      [
        owned('ReplicaSet', 'a', 'ReplicaSet/b', template),
        owned('ReplicaSet', 'b', 'ReplicaSet/a', template),
        owned('Pod', 'p', 'ReplicaSet/a'),
      ].join('---\n'),
    );
    expect(cluster.pods).toMatchObject([{ name: 'p', workload: { kind: 'ReplicaSet' } }]);
  });

  it('given workloads of one name, when read, then their pods have different names', () => {
    expect(workloads(deployment('web'), deployment('web').replace('kind: Deployment', 'kind: StatefulSet'))).toEqual([
      'web shop/web[Deployment] true',
      'web-statefulset shop/web[StatefulSet] true',
    ]);
  });
});

describe('services, endpoints, nodes and groups', () => {
  it('given a service, when read, then targets, types and addresses have their defaults', () => {
    const [service] = read(
      'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {clusterIPs: [10.1.0.1, "fd00::0:1"], externalIPs: [1.2.3.4], selector: {app: a}, ports: [{port: 80}, {name: d, port: 53, protocol: UDP, targetPort: dns, nodePort: 30053}, {port: 8080, targetPort: 9090}]}\nstatus: {loadBalancer: {ingress: [{ip: 5.6.7.8}, {hostname: x}]}}',
    ).services;
    expect(service).toMatchObject({
      type: 'ClusterIP',
      clusterIps: ['10.1.0.1', 'fd00::1'],
      externalIps: ['1.2.3.4', '5.6.7.8'],
      selector: new Map([['app', 'a']]),
      ports: [
        { name: '', protocol: 'TCP', port: 80, target: 80 },
        { name: 'd', protocol: 'UDP', port: 53, target: 'dns', nodePort: 30053 },
        { name: '', protocol: 'TCP', port: 8080, target: 9090 },
      ],
    });
  });

  it('given a service whose outside traffic stays on its node, when read, then that is known', () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: shop}\nspec:';
    expect(read(`${service} {externalTrafficPolicy: Local}`).services[0]?.externalTrafficPolicy).toBe('Local');
    expect(read(`${service} {externalTrafficPolicy: Cluster}`).services[0]?.externalTrafficPolicy).toBeUndefined();
  });

  it('given a headless service and one without selector, when read, then both say so', () => {
    const { services } = read(
      'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: None, selector: {}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {type: ExternalName}\n',
    );
    expect(services).toMatchObject([
      { name: 'a', clusterIps: [], selector: undefined },
      { name: 'b', type: 'ExternalName', selector: undefined },
    ]);
  });

  it('given slices and Endpoints, when read, then both are slices', () => {
    const { endpointSlices } = read(
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s-1, labels: {kubernetes.io/service-name: s}}\naddressType: IPv4\nendpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.2], conditions: {ready: false}}]\nports: [{name: "", port: 80}, {name: all}]\n---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: e}\nsubsets: [{addresses: [{ip: 1.1.1.1}], ports: [{port: 443}]}]\n',
    );
    expect(endpointSlices).toEqual([
      {
        namespace: 'default',
        name: 'e/subsets[0]',
        service: 'e',
        addresses: ['1.1.1.1'],
        ports: [{ name: '', port: 443, protocol: 'TCP' }],
      },
      {
        namespace: 'default',
        name: 's-1',
        service: 's',
        addresses: ['10.0.0.1', '10.0.0.2'],
        ports: [{ name: '', port: 80, protocol: 'TCP' }],
      },
    ]);
  });

  it('given a node and a CIDR group, when read, then addresses and blocks are canonical', () => {
    const cluster = read(
      'apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {zone: a}}\nspec: {podCIDRs: [10.1.2.3/16, x]}\nstatus: {addresses: [{type: InternalIP, address: 10.0.0.1}, {type: Hostname, address: n1}]}\n---\napiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\nmetadata: {name: g, labels: {a: b}}\nspec: {externalCIDRs: [10.1.2.3/8]}\n',
    );
    expect(cluster.nodes).toEqual([
      { name: 'n1', labels: new Map([['zone', 'a']]), addresses: ['10.0.0.1'], podCidrs: ['10.1.0.0/16'] },
    ]);
    expect(cluster.cidrGroups).toEqual([{ name: 'g', labels: new Map([['a', 'b']]), cidrs: ['10.0.0.0/8'] }]);
    expect(troubles(cluster)).toEqual(['warning invalid n1[Node] spec.podCIDRs']);
    expect([...cluster.namespaces]).toEqual([]);
  });
});

describe('lists, names and duplicates', () => {
  it('given lists, when read, then their items are objects, and typed lists lend them their kind', () => {
    const cluster = read(
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n- {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Namespace, metadata: {name: b}}]}\n---\napiVersion: v1\nkind: NamespaceList\nitems: [{metadata: {name: c}}, 7]\n---\napiVersion: v1\nkind: PodList\nitems:\n',
    );
    expect([...cluster.namespaces.keys()]).toEqual(['a', 'b', 'c']);
    expect(cluster.problems).toMatchObject([{ code: 'unreadable', source: 'f0.yaml#2.items[1]' }]);
  });

  it('given objects with generateName, when read, then each is one of its own, with a name that is said', () => {
    const cluster = read(
      ['', ''].map(() => 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\nspec: {}\n').join('---\n'),
    );
    expect(cluster.pods.map(({ name }) => name)).toEqual(['a-1', 'a-2']);
    expect(cluster.problems.filter(({ path }) => path === 'metadata.generateName')).toHaveLength(2);
  });

  it('given an object twice, when read, then the last counts, and a warning says so', () => {
    const cluster = read(labelled('one'), labelled('two'));
    expect(cluster.namespaces.get('a')?.labels.get('x')).toBe('two');
    expect(troubles(cluster)).toEqual(['warning ineffective a[Namespace]']);
    expect(cluster.problems[0]?.source).toBe('f1.yaml#1');
  });

  it('given an object twice of which the last is invalid, when read, then the one before it counts', () => {
    const cluster = read(
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {x: one}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {x: 2}}\n',
    );
    expect(cluster.namespaces.get('a')?.labels.get('x')).toBe('one');
    expect(troubles(cluster)).toEqual(['error invalid a[Namespace] metadata.labels.x']);
  });

  it.each([
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}', 'warning unreadable -'],
    ['no apiVersion', 'kind: Pod\nmetadata: {name: a}', 'warning unreadable -'],
    ['a list', '- a', 'error unreadable -'],
    ['a text', 'hello', 'error unreadable -'],
    ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: {}', 'error invalid default/[Pod] metadata.name'],
    ['no metadata', 'apiVersion: v1\nkind: Pod\nspec: {}', 'error invalid - metadata'],
    [
      'a label that is a boolean',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: yes}}\nspec: {}',
      'error invalid default/a[Pod] metadata.labels.x',
    ],
    [
      'a wrong port',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{ports: [{containerPort: 0}]}]}',
      'error invalid default/a[Pod] spec.containers[0].ports[0].containerPort',
    ],
    [
      'a bad name',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: A_b}\nspec: {}',
      'warning invalid default/A_b[Pod] metadata.name',
    ],
    [
      'a bad label',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: a b}}\nspec: {}',
      'warning invalid default/a[Pod] metadata.labels["x"]',
    ],
    [
      'a templated name',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: "{{ .Release.Name }}"}\nspec: {}',
      'error unreadable -',
    ],
    [
      'a templated policy',
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {matchLabels: {a: "{{ .x }}"}}}',
      'error unreadable default/a[NetworkPolicy]',
    ],
  ])('given %s, when read, then it is said where', (_, text, expected) => {
    expect(troubles(read(text))).toEqual([expected]);
  });

  it('given braces where a manifest may have them, when read, then it is no template', () => {
    const cluster = read(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {t: "{{ with secret }}"}}\nspec: {containers: [{args: ["{{ x }}"]}]}',
    );
    expect(cluster.pods).toHaveLength(1);
    expect(troubles(cluster)).toEqual([]);
  });
});

describe('anything', () => {
  const kinds = fc.constantFrom(
    'Pod',
    'Deployment',
    'CronJob',
    'Service',
    'EndpointSlice',
    'Endpoints',
    'Node',
    'Namespace',
    'NetworkPolicy',
    'CiliumNetworkPolicy',
    'CiliumCIDRGroup',
    'ConfigMap',
    'PodList',
    'List',
    'IstioOperator',
    'AuthorizationPolicy',
  );
  const versions = fc.constantFrom(
    'v1',
    'apps/v1',
    'batch/v1',
    'networking.k8s.io/v1',
    'cilium.io/v2',
    'discovery.k8s.io/v1',
    'security.istio.io/v1',
    'install.istio.io/v1alpha1',
  );
  const any = fc.jsonValue({ maxDepth: 4 });
  const name = fc.constantFrom('a', 'cilium-config', 'istio');
  const objects = fc.record(
    {
      apiVersion: versions,
      kind: kinds,
      metadata: fc.oneof(
        any,
        fc.record(
          { name, labels: fc.oneof(any, fc.dictionary(fc.string(), fc.string())), ownerReferences: any },
          { requiredKeys: ['name'] },
        ),
      ),
      spec: fc.oneof(
        any,
        fc.record(
          {
            template: any,
            selector: any,
            ports: any,
            containers: any,
            externalCIDRs: any,
            podSelector: any,
            jobTemplate: any,
          },
          { requiredKeys: [] },
        ),
      ),
      specs: any,
      status: any,
      items: any,
      subsets: any,
      endpoints: any,
      data: fc.oneof(any, fc.record({ mesh: fc.string() })),
    },
    { requiredKeys: ['apiVersion', 'kind', 'metadata'] },
  );

  it('given any JSON, when read, then nothing is thrown, and what is not used has a problem', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 4, arbitrary: objects }, { weight: 1, arbitrary: any }), { maxLength: 4 }),
        (items) => {
          const cluster = read(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
          for (const { namespace } of cluster.pods) expect(cluster.namespaces.has(namespace)).toBe(true);
          for (const { path, message } of cluster.problems)
            expect([typeof path, message === '']).toEqual(['string', false]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('given any text, when read, then nothing is thrown', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(Array.isArray(read(text).problems)).toBe(true);
        expect(Array.isArray(read(`apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  ${text}`).problems)).toBe(
          true,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('given the same objects in another order, when read, then the cluster is the same', () => {
    const texts = [
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: b}',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: z, namespace: b}\nspec: {}',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec: {}',
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\nspec: {}',
      'apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: a}\nspec: {}',
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: o, namespace: b}\nspec: {}',
    ];
    const expected = { ...read(texts.join('\n---\n')), problems: [] };
    fc.assert(
      fc.property(fc.shuffledSubarray(texts, { minLength: texts.length }), (order) => {
        const { policies, ...rest } = read(order.join('\n---\n'));
        expect({ ...rest, problems: [] }).toEqual({ ...expected, policies: undefined, problems: [] });
        expect(policies.map(({ ref }) => refText(ref))).toEqual(expected.policies.map(({ ref }) => refText(ref)));
      }),
      { numRuns: 20 },
    );
  });
});
