import { describe, expect, it } from 'vitest';
import type { Pod } from '../../model/cluster.ts';
import { readManifests } from '../read-manifests.ts';

interface Given {
  /** Labels of the namespace; undefined: the namespace is not given. */
  readonly namespace?: Record<string, string>;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly spec?: Record<string, unknown>;
  readonly running?: boolean;
  readonly name?: string;
}

function dataPlane({ namespace, labels, annotations, spec, running, name = 'shop' }: Given): Pod['meshDataPlane'] {
  const items = [
    ...(namespace === undefined
      ? []
      : [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: namespace } }]),
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: name, labels, annotations },
      spec: { containers: [{ name: 'app' }], ...spec },
      status: running === true ? { phase: 'Running', podIP: '10.0.0.1' } : {},
    },
  ];
  const cluster = readManifests([{ source: 'f', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }]);
  return cluster.pods[0]?.meshDataPlane;
}

const proxy = { name: 'istio-proxy' };

describe('who enforces authorization for a pod', () => {
  it.each<[string, Given, Pod['meshDataPlane']]>([
    ['with a proxy', { running: true, spec: { containers: [proxy] } }, 'sidecar'],
    [
      'with a native sidecar',
      { running: true, spec: { initContainers: [{ ...proxy, restartPolicy: 'Always' }] } },
      'sidecar',
    ],
    ['with an init container of that name that ends', { running: true, spec: { initContainers: [proxy] } }, 'none'],
    ['that says it was injected', { running: true, annotations: { 'sidecar.istio.io/status': '{}' } }, 'sidecar'],
    [
      'with a proxy in an ambient namespace',
      { running: true, namespace: { 'istio.io/dataplane-mode': 'ambient' }, spec: { containers: [proxy] } },
      'sidecar',
    ],
    [
      'of a gateway on the host network',
      { running: true, spec: { containers: [proxy], hostNetwork: true } },
      'sidecar',
    ],
    [
      'on the host network',
      {
        namespace: { 'istio-injection': 'enabled', 'istio.io/dataplane-mode': 'ambient' },
        spec: { hostNetwork: true },
      },
      'none',
    ],
    ['of ztunnel itself', { running: true, labels: { app: 'ztunnel' }, spec: { containers: [proxy] } }, 'none'],
    ['in an ambient namespace', { running: true, namespace: { 'istio.io/dataplane-mode': 'ambient' } }, 'ztunnel'],
    ['with the ambient label', { running: true, labels: { 'istio.io/dataplane-mode': 'ambient' } }, 'ztunnel'],
    [
      'that opts out of ambient',
      {
        running: true,
        namespace: { 'istio.io/dataplane-mode': 'ambient' },
        labels: { 'istio.io/dataplane-mode': 'none' },
      },
      'none',
    ],
    ['that was redirected', { running: true, annotations: { 'ambient.istio.io/redirection': 'enabled' } }, 'ztunnel'],
    [
      'that runs without proxy where injection is on',
      { running: true, namespace: { 'istio-injection': 'enabled' } },
      'none',
    ],
    ['that runs without any sign', { running: true }, 'none'],
    ['to be made where injection is on', { namespace: { 'istio-injection': 'enabled' } }, 'sidecar'],
    ['to be made where a revision injects', { namespace: { 'istio.io/rev': 'canary' } }, 'sidecar'],
    [
      'to be made that opts out',
      { namespace: { 'istio-injection': 'enabled' }, labels: { 'sidecar.istio.io/inject': 'false' } },
      'none',
    ],
    [
      'to be made that opts out by annotation',
      { namespace: { 'istio-injection': 'enabled' }, annotations: { 'sidecar.istio.io/inject': 'false' } },
      'none',
    ],
    ['to be made that opts in', { namespace: {}, labels: { 'sidecar.istio.io/inject': 'true' } }, 'sidecar'],
    ['to be made that opts in by revision', { namespace: {}, labels: { 'istio.io/rev': 'x' } }, 'sidecar'],
    [
      'to be made that opts in where injection is off',
      { namespace: { 'istio-injection': 'disabled' }, labels: { 'sidecar.istio.io/inject': 'true' } },
      'none',
    ],
    ['to be made in a system namespace', { name: 'kube-system', namespace: { 'istio-injection': 'enabled' } }, 'none'],
    ['to be made in a namespace without labels', { namespace: {} }, 'none'],
    ['to be made in a namespace that is not given', {}, undefined],
    [
      'to be made that opts out, in a namespace that is not given',
      { labels: { 'istio.io/dataplane-mode': 'none' } },
      'none',
    ],
    [
      'to be made in an ambient namespace with injection',
      { namespace: { 'istio.io/dataplane-mode': 'ambient', 'istio-injection': 'enabled' } },
      'sidecar',
    ],
  ])('given a pod %s, when read, then that is told', (_, given, expected) => {
    expect(dataPlane(given)).toBe(expected);
  });
});
