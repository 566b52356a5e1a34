import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLabelSelector } from './requirement.ts';
import { podTerm, type PodTerm, type Selection } from './selection.ts';
import { type PodDescription, type SelectedPod } from './selected-pod.ts';
import { SelectionIndex } from './selection-index.ts';

const NAMESPACES = ['a', 'b'];
const namespace = fc.constantFrom(...NAMESPACES);
const labels = fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2'), { maxKeys: 2 });
const requirements = fc.array(
  fc.record({
    key: fc.constantFrom('x', 'y'),
    operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values: fc.subarray(['1', '2'], { minLength: 1 }),
  }),
  { maxLength: 2 },
);
const term: fc.Arbitrary<PodTerm> = fc
  .record({
    namespace: fc.option(namespace, { nil: undefined }),
    pods: requirements,
    namespaces: requirements,
    service: fc.option(fc.constant('s'), { nil: undefined }),
  })
  .map(({ namespace: only, pods, namespaces, service }) =>
    podTerm({
      namespace: service === undefined ? only : (only ?? 'a'),
      podLabels: readLabelSelector({ matchExpressions: pods }),
      namespaceLabels: readLabelSelector({ matchExpressions: namespaces }),
      service,
    }),
  );
const pod: fc.Arbitrary<PodDescription> = fc
  .record({ namespace, labels, serviceAccount: fc.constant('default'), workload: fc.constantFrom('w1', 'w2') })
  .map((given) => ({
    ...given,
    workload: { group: 'apps', kind: 'Deployment', namespace: given.namespace, name: given.workload },
  }));
const change = fc.oneof(
  fc.record({ type: fc.constant('pod' as const), id: fc.nat(2), pod: fc.option(pod, { nil: undefined }) }),
  fc.record({
    type: fc.constant('namespace' as const),
    name: namespace,
    labels: fc.option(labels, { nil: undefined }),
  }),
  fc.record({ type: fc.constant('service' as const), namespace, selector: fc.option(labels, { nil: undefined }) }),
  fc.record({ type: fc.constant('catch up' as const) }),
  fc.record({
    type: fc.constant('policy' as const),
    id: fc.nat(2),
    terms: fc.option(fc.array(term, { maxLength: 2 }), { nil: undefined }),
  }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

/** What the index must say, by looking at everything. */
class Cluster {
  readonly pods = new Map<number, PodDescription>();
  readonly namespaces = new Map<string, Record<string, string>>();
  readonly services = new Map<string, Record<string, string>>();
  readonly policies = new Map<number, Selection>();

  apply(one: Change): void {
    switch (one.type) {
      case 'pod':
        put(this.pods, one.id, one.pod);
        break;
      case 'namespace':
        put(this.namespaces, one.name, one.labels);
        break;
      case 'service':
        put(this.services, one.namespace, one.selector);
        break;
      case 'catch up':
        break;
      case 'policy':
        put(this.policies, one.id, one.terms && { terms: one.terms, unknown: '' });
        break;
    }
  }

  /** A fresh index, filled at once. */
  index(): SelectionIndex {
    const index = new SelectionIndex({ workloadsMax: 10, onChanged: () => undefined });
    for (const [name, given] of this.namespaces) index.setNamespace(name, given);
    for (const [name, given] of this.services) index.setService(name, 's', given);
    for (const given of this.pods.values()) index.replacePod(undefined, given);
    for (const [id, selection] of this.policies) index.setPolicy(`p${id}`, selection);
    return index;
  }
}

/** The number of policies that were behind. */
function catchUp(index: SelectionIndex): number {
  return [...index.catchUp()].length;
}

function applyTo(index: SelectionIndex, held: Map<number, SelectedPod | undefined>, one: Change): void {
  switch (one.type) {
    case 'pod':
      held.set(one.id, index.replacePod(held.get(one.id), one.pod));
      break;
    case 'namespace':
      index.setNamespace(one.name, one.labels);
      break;
    case 'service':
      index.setService(one.namespace, 's', one.selector);
      break;
    case 'catch up':
      catchUp(index);
      break;
    case 'policy':
      index.setPolicy(`p${one.id}`, one.terms && { terms: one.terms, unknown: '' });
      break;
  }
}

describe('given a selection index', () => {
  test('after any changes it says what a fresh one says, and told of every policy that reads otherwise', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 10, maxLength: 60 }), (changes) => {
        const told = new Set<string>();
        const index = new SelectionIndex({ workloadsMax: 10, onChanged: (subject) => void told.add(subject) });
        const cluster = new Cluster();
        const held = new Map<number, SelectedPod | undefined>();
        for (const one of changes) {
          const before = ['p0', 'p1', 'p2'].map((subject) => index.read(subject));
          told.clear();
          cluster.apply(one);
          applyTo(index, held, one);
          const otherwise = ['p0', 'p1', 'p2'].filter((subject, at) => {
            const after = index.read(subject);
            return after !== undefined && JSON.stringify(after) !== JSON.stringify(before[at]);
          });
          expect([...told]).toEqual(expect.arrayContaining(otherwise));
        }
        told.clear();
        const before = ['p0', 'p1', 'p2'].map((subject) => index.read(subject));
        catchUp(index);
        const fresh = cluster.index();
        const otherwise = ['p0', 'p1', 'p2'].filter(
          (subject, at) => JSON.stringify(index.read(subject)) !== JSON.stringify(before[at]),
        );
        expect([...told]).toEqual(expect.arrayContaining(otherwise));
        for (const subject of ['p0', 'p1', 'p2']) expect(index.read(subject)).toEqual(fresh.read(subject));
      }),
    );
  });

  test('when a Service changes, then its policies are counted later and one by one, and only for another selector', () => {
    const told: string[] = [];
    const index = new SelectionIndex({ workloadsMax: 10, onChanged: (subject) => told.push(subject) });
    const workload = { group: '', kind: 'Pod', namespace: 'n', name: 'p' };
    index.replacePod(undefined, { namespace: 'n', labels: { x: '1' }, serviceAccount: '', workload });
    for (const subject of ['p', 'q']) {
      index.setPolicy(subject, { terms: [podTerm({ namespace: 'n', service: 's' })], unknown: '' });
    }
    told.length = 0;
    index.setService('n', 's', { x: '1' });
    expect(told).toEqual(['p', 'q']);
    expect(index.read('p')).toMatchObject({ pods: 0, unknown: 'Service s not found' });
    expect(catchUp(index)).toBe(2);
    expect(index.read('p')).toMatchObject({ pods: 1, unknown: '' });
    index.setService('n', 's', { x: '1' });
    expect(catchUp(index)).toBe(0);
  });

  test('when labels of a namespace change, then only policies that look at them are counted, one by one', () => {
    const index = new SelectionIndex({ workloadsMax: 10, onChanged: () => undefined });
    const workload = { group: '', kind: 'Pod', namespace: 'n', name: 'p' };
    index.replacePod(undefined, { namespace: 'n', labels: {}, serviceAccount: '', workload });
    const namespaceLabels = readLabelSelector({ matchLabels: { team: 'a' } });
    index.setPolicy('looks', { terms: [podTerm({ namespaceLabels })], unknown: '' });
    index.setPolicy('looks too', { terms: [podTerm({ namespaceLabels })], unknown: '' });
    index.setPolicy('does not', { terms: [podTerm({})], unknown: '' });
    index.setNamespace('n', { team: 'a' });
    expect(index.read('looks')?.pods).toBe(0);
    expect(catchUp(index)).toBe(2);
    expect(index.read('looks')?.pods).toBe(1);
    index.setNamespace('n', { team: 'a' });
    expect(catchUp(index)).toBe(0);
  });

  test('when more workloads are selected than may be listed, then the list is cut and says so', () => {
    const index = new SelectionIndex({ workloadsMax: 1, onChanged: () => undefined });
    for (const name of ['b', 'a']) {
      index.replacePod(undefined, {
        namespace: 'n',
        labels: {},
        serviceAccount: '',
        workload: { group: '', kind: 'Pod', namespace: 'n', name },
      });
    }
    index.setPolicy('p', { terms: [podTerm({})], unknown: '' });
    expect(index.read('p')).toMatchObject({ pods: 2, truncated: true, workloads: [{ name: 'a' }] });
  });

  test('when pods are not readable, then no selection counts as exact until they are', () => {
    const told: string[] = [];
    const index = new SelectionIndex({ workloadsMax: 1, onChanged: (subject) => told.push(subject) });
    index.setPolicy('p', { terms: [podTerm({})], unknown: '' });
    index.setBlind('Pod', 'Pods are not readable: forbidden');
    expect(index.read('p')?.unknown).toBe('Pods are not readable: forbidden');
    index.setBlind('Pod', undefined);
    expect(index.read('p')?.unknown).toBe('');
    expect(told).toEqual(['p', 'p', 'p']);
  });
});
