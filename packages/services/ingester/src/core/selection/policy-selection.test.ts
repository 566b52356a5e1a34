import { describe, expect, test } from 'vitest';
import { adminPolicySelection } from './admin-policy.ts';
import { ciliumClusterwideSelection, ciliumSelection } from './cilium-policy.ts';
import { istioSelection } from './istio-policy.ts';
import { networkPolicySelection } from './network-policy.ts';
import { SelectionIndex } from './selection-index.ts';
import { readSelection, type SelectionReader } from './selection-reader.ts';

const istio = istioSelection('istio-system', 'selects_everywhere');
const telemetry = istioSelection('istio-system', 'selects_own_namespace');

/** Three pods: shop/web (app=web, account front), shop/db (app=db), bank/web (app=web). Namespace bank has tier=gold. */
function selectedBy(reader: SelectionReader, namespace: string, spec: unknown, specs: Record<string, unknown>[] = []) {
  const index = new SelectionIndex({ workloadsMax: 10, onChanged: () => undefined });
  index.setNamespace('shop', { tier: 'base' });
  index.setNamespace('bank', { tier: 'gold' });
  index.setService('shop', 'web', { app: 'web' });
  index.setService('shop', 'external', {});
  const add = (inNamespace: string, name: string, serviceAccount: string) =>
    index.replacePod(undefined, {
      namespace: inNamespace,
      labels: { app: name },
      serviceAccount,
      workload: { group: 'apps', kind: 'Deployment', namespace: inNamespace, name },
    });
  add('shop', 'web', 'front');
  add('shop', 'db', 'default');
  add('bank', 'web', 'default');
  const policy = { spec: spec === undefined ? undefined : Object(spec), specs };
  index.setPolicy('p', readSelection(reader, { namespace, policy }));
  const selected = index.read('p');
  return { pods: selected?.workloads.map((ref) => `${ref.namespace}/${ref.name}`), unknown: selected?.unknown };
}

const everything = ['bank/web', 'shop/db', 'shop/web'];

const endpoints = (endpointSelector: unknown) => ({ endpointSelector });

describe('given a NetworkPolicy', () => {
  test.each([
    ['an empty podSelector', { podSelector: {} }, ['shop/db', 'shop/web']],
    ['a label', { podSelector: { matchLabels: { app: 'web' } } }, ['shop/web']],
    ['no match', { podSelector: { matchLabels: { app: 'api' } } }, []],
  ])('when it has %s, then it selects pods of its namespace', (_, spec, pods) => {
    expect(selectedBy(networkPolicySelection, 'shop', spec)).toEqual({ pods, unknown: '' });
  });
});

describe('given a CiliumNetworkPolicy', () => {
  test.each([
    ['a key without source', { matchLabels: { app: 'web' } }, ['shop/web'], ''],
    ['k8s:', { matchLabels: { 'k8s:app': 'web' } }, ['shop/web'], ''],
    ['any:', { matchLabels: { 'any:app': 'db' } }, ['shop/db'], ''],
    [
      'another namespace in matchLabels',
      { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'bank' } },
      ['shop/db', 'shop/web'],
      '',
    ],
    ['a service account', { matchLabels: { 'io.cilium.k8s.policy.serviceaccount': 'front' } }, ['shop/web'], ''],
    ['a label of its namespace', { matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.tier': 'gold' } }, [], ''],
    ['a reserved label', { matchLabels: { 'reserved:host': '' } }, [], 'selects labels of source "reserved"'],
    ['a cluster', { matchLabels: { 'io.cilium.k8s.policy.cluster': 'c2' } }, [], 'selects by cluster name'],
  ])('when it selects by %s, then as Cilium does', (_, selector, pods, unknown) => {
    expect(selectedBy(ciliumSelection, 'shop', endpoints(selector))).toEqual({ pods, unknown });
  });

  test('when it has specs, then it selects what any of them selects', () => {
    const specs = [endpoints({ matchLabels: { app: 'db' } }), endpoints({ matchLabels: { app: 'web' } })];
    expect(selectedBy(ciliumSelection, 'shop', undefined, specs).pods).toEqual(['shop/db', 'shop/web']);
  });

  test('when it has no selector at all, then the selection is unknown', () => {
    expect(selectedBy(ciliumSelection, 'shop', {}).unknown).toBe('no endpointSelector');
    expect(selectedBy(ciliumSelection, 'shop', undefined).unknown).toBe('neither spec nor specs');
  });
});

describe('given a CiliumClusterwideNetworkPolicy', () => {
  test.each([
    ['everything', {}, everything],
    ['labels of namespaces', { matchLabels: { 'io.cilium.k8s.namespace.labels.tier': 'gold' } }, ['bank/web']],
    [
      'names of namespaces',
      { matchExpressions: [{ key: 'k8s:io.kubernetes.pod.namespace', operator: 'NotIn', values: ['shop'] }] },
      ['bank/web'],
    ],
  ])('when it selects %s, then in all namespaces', (_, endpointSelector, pods) => {
    expect(selectedBy(ciliumClusterwideSelection, '', { endpointSelector })).toEqual({ pods, unknown: '' });
  });

  test('when one of its specs selects nodes, then the rest is told and the gap is named', () => {
    const specs = [{ nodeSelector: {} }, { endpointSelector: { matchLabels: { app: 'db' } } }];
    expect(selectedBy(ciliumClusterwideSelection, '', undefined, specs)).toEqual({
      pods: ['shop/db'],
      unknown: 'selects nodes',
    });
  });
});

describe('given a policy of Istio', () => {
  test.each([
    ['no spec', 'shop', undefined, ['shop/db', 'shop/web']],
    ['a selector', 'shop', { selector: { matchLabels: { app: 'web' } } }, ['shop/web']],
    ['the root namespace', 'istio-system', {}, everything],
    [
      'the root namespace and a selector',
      'istio-system',
      { selector: { matchLabels: { app: 'web' } } },
      ['bank/web', 'shop/web'],
    ],
    ['a Service as target', 'shop', { targetRefs: [{ kind: 'Service', group: '', name: 'web' }] }, ['shop/web']],
  ])('when it has %s, then it selects as Istio does', (_, namespace, spec, pods) => {
    expect(selectedBy(istio, namespace, spec)).toEqual({ pods, unknown: '' });
  });

  test('when Telemetry stands in the root namespace with a selector, then it selects nothing elsewhere', () => {
    expect(selectedBy(telemetry, 'istio-system', {}).pods).toEqual(everything);
    expect(selectedBy(telemetry, 'istio-system', { selector: { matchLabels: { app: 'web' } } }).pods).toEqual([]);
  });

  test.each([
    [
      'a gateway',
      { targetRef: { kind: 'Gateway', group: 'gateway.networking.k8s.io', name: 'g' } },
      'targetRefs Gateway',
    ],
    ['a missing Service', { targetRefs: [{ kind: 'Service', name: 'nowhere' }] }, 'Service nowhere not found'],
    [
      'a Service without selector',
      { targetRefs: [{ kind: 'Service', name: 'external' }] },
      'Service external has no selector',
    ],
  ])('when its target is %s, then the selection is unknown', (_, spec, unknown) => {
    expect(selectedBy(istio, 'shop', spec)).toEqual({ pods: [], unknown });
  });
});

describe('given an AdminNetworkPolicy', () => {
  test.each([
    ['namespaces', { namespaces: { matchLabels: { tier: 'gold' } } }, ['bank/web']],
    [
      'pods',
      { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: 'web' } } } },
      ['bank/web', 'shop/web'],
    ],
  ])('when its subject is %s, then it selects them', (_, subject, pods) => {
    expect(selectedBy(adminPolicySelection, '', { subject })).toEqual({ pods, unknown: '' });
  });

  test('when its subject is neither, then the selection is unknown', () => {
    expect(selectedBy(adminPolicySelection, '', {}).unknown).toContain('neither');
  });
});
