import { describe, expect, it } from 'vitest';
import { chooseSelector } from './selector-choice.ts';
import type { LabelledPods } from './selector-choice.ts';

const pods = (workload: string, labels: Record<string, string>): LabelledPods => ({
  workload,
  labels: new Map(Object.entries(labels)),
});
const chosen = (workload: string, namespace: LabelledPods[]) => {
  const choice = chooseSelector(workload, namespace);
  return choice && { labels: Object.fromEntries(choice.labels), alsoSelects: choice.alsoSelects };
};

describe('chooseSelector', () => {
  it('given a label that names the workload, then it is enough', () => {
    const namespace = [pods('cart', { app: 'cart', tier: 'back' }), pods('web', { app: 'web', tier: 'front' })];
    expect(chosen('cart', namespace)).toEqual({ labels: { app: 'cart' }, alsoSelects: [] });
  });

  it('given both the recommended and the old label, then the recommended one is taken', () => {
    const labels = { app: 'cart', 'app.kubernetes.io/name': 'cart' };
    expect(chosen('cart', [pods('cart', labels)])?.labels).toEqual({ 'app.kubernetes.io/name': 'cart' });
  });

  it('given an identity that two workloads share, then a narrowing label is added', () => {
    const namespace = [
      pods('web', { app: 'shop', component: 'web' }),
      pods('worker', { app: 'shop', component: 'worker' }),
    ];
    expect(chosen('web', namespace)).toEqual({ labels: { app: 'shop', component: 'web' }, alsoSelects: [] });
  });

  it('given a narrowing label that happens to be unique, then it is never taken without an identity', () => {
    const namespace = [pods('web', { app: 'shop', tier: 'front' }), pods('db', { app: 'shop', tier: 'data' })];
    expect(chosen('web', namespace)?.labels).toEqual({ app: 'shop', tier: 'front' });
  });

  it.each([
    'pod-template-hash',
    'controller-revision-hash',
    'statefulset.kubernetes.io/pod-name',
    'job-name',
    'example.com/config-hash',
    'version',
  ])('given %s, then it is not used even where nothing else tells the workloads apart', (key) => {
    const namespace = [pods('a', { app: 'shop', [key]: 'x1' }), pods('b', { app: 'shop', [key]: 'y2' })];
    expect(chosen('a', namespace)).toEqual({ labels: { app: 'shop' }, alsoSelects: ['b'] });
  });

  it('given pods of a workload with different labels, then only what they share is used', () => {
    const namespace = [pods('a', { app: 'a', track: 'stable' }), pods('a', { app: 'a', track: 'canary' })];
    expect(chosen('a', namespace)?.labels).toEqual({ app: 'a' });
  });

  it('given another workload that carries all labels and more, then it is named', () => {
    const namespace = [pods('a', { app: 'a' }), pods('canary', { app: 'a', track: 'canary' })];
    expect(chosen('a', namespace)).toEqual({ labels: { app: 'a' }, alsoSelects: ['canary'] });
    expect(chosen('canary', namespace)).toEqual({ labels: { app: 'a', track: 'canary' }, alsoSelects: [] });
  });

  it('given no identity label, then all stable labels are used', () => {
    const namespace = [pods('a', { team: 'x', zone: '1' }), pods('b', { team: 'x', zone: '2' })];
    expect(chosen('a', namespace)).toEqual({ labels: { team: 'x', zone: '1' }, alsoSelects: [] });
  });

  it('given no stable label, then there is no choice', () => {
    expect(chosen('a', [pods('a', { 'pod-template-hash': 'x' })])).toBeUndefined();
  });
});
