import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../json.ts';
import { kindTable } from '../../kinds/kind-table.ts';
import { encodeRecord } from '../record.ts';
import { annotationFilter } from './annotation-filter.ts';
import { customSpec, fieldPath } from './custom.ts';
import { DEPTH_MAX } from './depth.ts';
import { normalize } from './normalize.ts';
import { NotNormalized } from './not-normalized.ts';

const kinds = kindTable({ istioRootNamespace: 'istio-system' });
const none = annotationFilter([]);

function kindOf(id: string) {
  const kind = kinds.find((one) => one.id === id);
  if (kind === undefined) throw new Error(`no kind ${id}`);
  return kind;
}

function specOf(id: string, source: JsonObject): unknown {
  const metadata = { name: 'n', namespace: 'shop', uid: 'u', resourceVersion: '7' };
  return normalize(kindOf(id), 'v1', { metadata, ...source }, none).spec;
}

function outcome(attempt: () => unknown): 'record' | 'loss' | 'crash' {
  try {
    attempt();
    return 'record';
  } catch (error) {
    return error instanceof NotNormalized ? 'loss' : 'crash';
  }
}

const backend = (number: number) => ({ service: { name: 'web', port: { number } } });
const slice = (list: unknown[]) => specOf('EndpointSlice', { addressType: 'IPv4', endpoints: list });

const SECRETS = {
  args: ['SECRET'],
  command: ['SECRET'],
  env: [{ name: 'A', value: 'SECRET' }],
  envFrom: [{ secretRef: { name: 'SECRET' } }],
  volumeMounts: [{ mountPath: 'SECRET' }],
};
const container = { name: 'app', image: 'app:1', ports: [{ containerPort: 80, name: 'http' }], ...SECRETS };
const podTemplate = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [container], serviceAccountName: 'front' },
};

describe('given objects of the API server', () => {
  test('when a Pod is normalized, then the record has what the network needs', () => {
    const spec = {
      nodeName: 'n1',
      serviceAccountName: 'front',
      containers: [container],
      initContainers: [
        { name: 'sidecar', image: 's:1', restartPolicy: 'Always' },
        { name: 'init', image: 'i:1' },
      ],
    };
    const status = {
      phase: 'Running',
      podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }],
      hostIP: '192.0.2.1',
      conditions: [{ type: 'Ready', status: 'True' }],
    };
    expect(specOf('Pod', { spec, status })).toEqual({
      $case: 'pod',
      value: {
        node: 'n1',
        ips: ['10.0.0.1', 'fd00::1'],
        hostIps: ['192.0.2.1'],
        hostNetwork: false,
        serviceAccount: 'front',
        phase: 'Running',
        ready: true,
        containers: [
          {
            name: 'app',
            image: 'app:1',
            ports: [{ name: 'http', port: 80, protocol: 'TCP', hostPort: 0 }],
            sidecar: false,
          },
          { name: 'sidecar', image: 's:1', ports: [], sidecar: true },
        ],
        workload: undefined,
      },
    });
  });

  test('when a Service is normalized, then addresses, selector and ports are kept', () => {
    const spec = {
      type: 'LoadBalancer',
      clusterIPs: ['10.2.0.1'],
      externalIPs: ['198.51.100.2'],
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 'http', nodePort: 30_080 }],
    };
    const status = { loadBalancer: { ingress: [{ ip: '198.51.100.1' }, { hostname: 'lb.example' }] } };
    expect(specOf('Service', { spec, status })).toMatchObject({
      value: {
        type: 'LoadBalancer',
        clusterIps: ['10.2.0.1'],
        externalIps: ['198.51.100.1', '198.51.100.2', 'lb.example'],
        ports: [{ protocol: 'TCP', port: 80, targetPort: 'http', nodePort: 30_080 }],
      },
    });
  });

  test('when the endpoints of a slice are in another order, then the record is the same', () => {
    const endpoints = [{ addresses: ['10.0.0.2'] }, { addresses: ['10.0.0.1'], conditions: { ready: false } }];
    expect(slice(endpoints)).toEqual(slice(endpoints.toReversed()));
    expect(slice(endpoints)).toMatchObject({ value: { endpoints: [{ ready: false }, { ready: true }] } });
  });

  test.each([
    [
      'Deployment',
      { spec: { template: podTemplate, paused: true } },
      { replicas: 1, suspended: true, serviceAccount: 'front' },
    ],
    [
      'StatefulSet',
      { spec: { replicas: 3, template: podTemplate }, status: { readyReplicas: 2 } },
      { replicas: 3, readyReplicas: 2 },
    ],
    ['DaemonSet', { spec: { template: podTemplate }, status: { numberReady: 4 } }, { replicas: 0, readyReplicas: 4 }],
    ['Job', { spec: { template: podTemplate, parallelism: 2, suspend: true } }, { replicas: 2, suspended: true }],
    [
      'CronJob',
      { spec: { schedule: '* * * * *', jobTemplate: { spec: { template: podTemplate } } } },
      { schedule: '* * * * *', templateLabels: { app: 'web' } },
    ],
  ])('when a %s is normalized, then it is a workload with its template', (id, source, value) => {
    expect(specOf(id, source)).toMatchObject({ $case: 'workload', value });
    expect(JSON.stringify(specOf(id, source))).not.toContain('SECRET');
  });

  test('when an Ingress is normalized, then there is one rule a host and path', () => {
    const spec = {
      ingressClassName: 'nginx',
      rules: [{ host: 'a', http: { paths: [{ path: '/', pathType: 'Prefix', backend: backend(80) }] } }, { host: 'b' }],
      defaultBackend: backend(8080),
      tls: [{ hosts: ['b', 'a'], secretName: 'SECRET' }],
    };
    const ingress = specOf('Ingress', { spec });
    expect(ingress).toMatchObject({
      value: {
        class: 'nginx',
        rules: [
          { host: 'a', service: 'web', port: '80' },
          { host: 'b', service: '' },
        ],
        defaultBackend: 'web:8080',
        tlsHosts: ['a', 'b'],
      },
    });
    expect(JSON.stringify(ingress)).not.toContain('SECRET');
  });

  test('when a policy has a spec of the wrong type, then it is a loss, not an empty policy', () => {
    expect(() => specOf('NetworkPolicy', { spec: 'all' })).toThrow(NotNormalized);
    expect(() => specOf('CiliumNetworkPolicy', { specs: {} })).toThrow(NotNormalized);
  });

  test.each([
    ['spec', 'lists', '[', ']'],
    ['specs', 'objects', '{"a":', '}'],
  ])('when a policy has %s nested in %s by the thousand, then it is a loss, not the end', (field, _, open, close) => {
    const nested = (depth: number): unknown => JSON.parse(open.repeat(depth) + '1' + close.repeat(depth));
    const policy = (depth: number) => ({ [field]: field === 'spec' ? { x: nested(depth) } : [nested(depth)] });
    const encoded = (depth: number) => {
      const metadata = { name: 'n', namespace: 'shop', uid: 'u' };
      const source = { metadata, ...policy(depth) };
      return encodeRecord(normalize(kindOf('AuthorizationPolicy'), 'v1', source, none));
    };
    expect(() => encoded(4_000)).toThrow(NotNormalized);
    expect(() => encoded(DEPTH_MAX)).toThrow(`${field} is nested deeper than 200 levels`);
    expect(encoded(DEPTH_MAX - 1).bytes.length).toBeGreaterThan(DEPTH_MAX);
  });

  test.each([{ name: '' }, { uid: '' }, { namespace: '' }])('when metadata has %j, then it is a loss', (over) => {
    const metadata = { name: 'n', namespace: 'shop', uid: 'u', ...over };
    expect(() => normalize(kindOf('Service'), 'v1', { metadata }, none)).toThrow(NotNormalized);
  });

  test('when the object is anything at all, then a kind gives a record or a loss, and never crashes', () => {
    const spec = fc.dictionary(
      fc.constantFrom(
        'containers',
        'initContainers',
        'template',
        'selector',
        'rules',
        'ports',
        'subject',
        'endpointSelector',
        'podIPs',
        'tls',
      ),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.oneof(spec, fc.jsonValue()),
        fc.oneof(spec, fc.jsonValue()),
        (kind, given, status) => {
          const metadata = {
            name: 'n',
            namespace: 'shop',
            uid: 'u',
            labels: given,
            annotations: status,
            ownerReferences: given,
          };
          const source = { metadata, spec: given, status, specs: status };
          expect(outcome(() => encodeRecord(normalize(kind, 'v1', source, annotationFilter(['*']))))).not.toBe('crash');
        },
      ),
    );
  });
});

describe('given a kind added by configuration', () => {
  const read = customSpec(['spec.jobTemplate', 'spec.list'].map(fieldPath), undefined);
  const fieldsOf = (spec: unknown) => {
    const { $case, value } = read({ spec });
    return $case === 'custom' ? value.fields : undefined;
  };

  test('when a field holds a pod template, then nothing that its containers are given is in the record', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'SECRET' };
    const data = { stringData: { a: 'SECRET' }, data: { b: 'SECRET' }, volumes: [{ secret: 'SECRET' }] };
    const template = { metadata: { annotations, labels: { app: 'a' } }, spec: { ...podTemplate.spec, ...data } };
    const fields = fieldsOf({ jobTemplate: { template, backoffLimit: 2 }, list: [[{ replicas: 1, ...SECRETS }]] });
    expect(fields).toEqual({
      'spec.jobTemplate': {
        template: { metadata: { labels: { app: 'a' } }, spec: { serviceAccountName: 'front' } },
        backoffLimit: 2,
      },
      'spec.list': [[{ replicas: 1 }]],
    });
  });

  test('when a field is nested by the thousand, then it is a loss, not the end', () => {
    const list: unknown = JSON.parse('['.repeat(4_000) + ']'.repeat(4_000));
    expect(() => fieldsOf({ list })).toThrow(NotNormalized);
  });
});

describe('given annotations', () => {
  const filter = annotationFilter(['sidecar.istio.io/inject', 'policy.cilium.io/*', 'kubectl.kubernetes.io/*']);
  test.each([
    ['sidecar.istio.io/inject', true],
    ['sidecar.istio.io/inject2', false],
    ['policy.cilium.io/proxy-visibility', true],
    ['example.com/token', false],
    ['kubectl.kubernetes.io/restartedAt', true],
    ['kubectl.kubernetes.io/last-applied-configuration', false],
  ])('when one is %s, then it is kept: %s', (key, kept) => {
    expect(filter(key)).toBe(kept);
  });
});

describe('given a record', () => {
  const metadata = { name: 'n', namespace: 'shop', uid: 'u', labels: { b: '1', a: '2' } };
  const digestOf = (over: JsonObject) =>
    encodeRecord(normalize(kindOf('ServiceAccount'), 'v1', { metadata: { ...metadata, ...over } }, none)).digest;

  test('when only the resourceVersion or the order of labels changes, then the digest does not', () => {
    expect(digestOf({ resourceVersion: '8' })).toBe(digestOf({ resourceVersion: '7' }));
    expect(digestOf({ labels: { a: '2', b: '1' } })).toBe(digestOf({}));
  });

  test('when anything else changes, then the digest does', () => {
    expect(digestOf({ labels: { a: '2' } })).not.toBe(digestOf({}));
    expect(digestOf({ uid: 'another' })).not.toBe(digestOf({}));
  });
});
