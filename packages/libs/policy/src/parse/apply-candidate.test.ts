import { describe, expect, it } from 'vitest';
import type { Cluster } from '../model/cluster.ts';
import { refText } from '../model/object-ref.ts';
import { applyCandidate } from './apply-candidate.ts';
import type { Candidate } from './apply-candidate.ts';
import { readManifests } from './read-manifests.ts';

type Item = Record<string, unknown>;

function file(...items: Item[]): { source: string; text: string } {
  return { source: 'f', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) };
}

function object(apiVersion: string, kind: string, name: string, rest: Item = {}, metadata: Item = {}): Item {
  return { apiVersion, kind, metadata: { name, namespace: 'shop', ...metadata }, ...rest };
}

function policy(name: string, spec: Item = {}, metadata: Item = {}): Item {
  return object('networking.k8s.io/v1', 'NetworkPolicy', name, { spec }, metadata);
}

function pod(name: string, owner?: string): Item {
  const ownerReferences = owner === undefined ? [] : [{ kind: 'Deployment', name: owner, controller: true }];
  return object('v1', 'Pod', name, { spec: {}, status: { podIP: '10.0.0.1' } }, { ownerReferences });
}

function deployment(name: string, app: string): Item {
  return object('apps/v1', 'Deployment', name, { spec: { template: { metadata: { labels: { app } }, spec: {} } } });
}

const shop = object('v1', 'Namespace', 'shop', {}, { labels: { team: 'a' } });

function names({ pods }: Cluster): string[] {
  return pods.map((each) => `${each.name} ${each.workload.name} ${each.template}`);
}

function apply(before: Item[], change: Item[], o?: Parameters<typeof applyCandidate>[2]): Candidate {
  return applyCandidate(readManifests([file(...before)]), [file(...change)], o);
}

describe('a candidate change', () => {
  it('given policies that are new, changed and to be deleted, when applied, then each is told apart', () => {
    const { cluster, change, problems } = apply(
      [shop, policy('a'), policy('b'), policy('c'), policy('d')],
      [policy('b', { egress: [] }), policy('e'), policy('c', {}, { annotations: { 'kestrel.ai/delete': 'true' } })],
      { delete: [{ kind: 'NetworkPolicy', namespace: 'shop', name: 'd' }] },
    );
    expect(cluster.policies.map(({ ref }) => ref.name)).toEqual(['a', 'b', 'e']);
    expect(change.added.map(({ ref }) => ref.name)).toEqual(['e']);
    expect(change.replaced.map(({ before, after }) => [before.specs[0]?.body, after.specs[0]?.body])).toEqual([
      [{}, { egress: [] }],
    ]);
    expect(change.deleted.map(({ ref }) => ref.name)).toEqual(['c', 'd']);
    expect(problems).toEqual([]);
  });

  it('given the delete annotation with another value, when applied, then nothing is deleted', () => {
    const { change } = apply([shop, policy('a')], [policy('a', {}, { annotations: { 'kestrel.ai/delete': 'no' } })]);
    expect(change.deleted).toEqual([]);
    expect(change.replaced).toHaveLength(1);
  });

  it('given something to delete that is not there, when applied, then it is said', () => {
    const ref = { kind: 'NetworkPolicy', namespace: 'shop', name: 'x' };
    expect(apply([shop], [], { delete: [ref] }).problems).toMatchObject([{ code: 'unresolved', object: ref }]);
  });

  it('given a candidate in a namespace that the cluster has, when applied, then its labels stay, and nothing is assumed', () => {
    const { cluster, problems } = apply([shop], [policy('a')]);
    expect(cluster.namespaces.get('shop')?.labels.get('team')).toBe('a');
    expect(problems).toEqual([]);
    expect(apply([], [policy('a')]).problems).toMatchObject([{ code: 'assumed' }]);
  });

  it('given new labels of a namespace, when applied, then they count, and its pods are looked at again', () => {
    const enrolled = object('v1', 'Namespace', 'shop', {}, { labels: { 'istio.io/dataplane-mode': 'ambient' } });
    const { cluster } = apply([shop, pod('a')], [enrolled]);
    expect(cluster.namespaces.get('shop')?.labels.has('team')).toBe(false);
    expect(cluster.pods).toMatchObject([{ meshDataPlane: 'ztunnel' }]);
  });

  it('given a workload with a new template, when applied, then one pod stands for its new ones', () => {
    const { cluster } = apply(
      [shop, deployment('web', 'old'), pod('web-1', 'web'), pod('bare')],
      [deployment('web', 'new')],
    );
    expect(names(cluster)).toEqual(['bare bare false', 'web web true']);
    expect(cluster.pods[1]?.labels.get('app')).toBe('new');
  });

  it('given a workload to delete, when applied, then its pods go with it', () => {
    const { cluster } = apply([shop, deployment('web', 'a'), pod('web-1', 'web'), pod('bare')], [], {
      delete: [{ kind: 'Deployment', namespace: 'shop', name: 'web' }],
    });
    expect(names(cluster)).toEqual(['bare bare false']);
  });

  it("given a workload with a pod's name, when applied, then the pod stays", () => {
    expect(names(apply([shop, pod('web')], [deployment('web', 'a')]).cluster)).toEqual([
      'web web false',
      'web-deployment web true',
    ]);
  });

  it('given a namespace to delete, when applied, then what is in it goes with it', () => {
    const { cluster, change } = apply([shop, policy('a'), pod('b')], [], {
      delete: [{ kind: 'Namespace', namespace: '', name: 'shop' }],
    });
    expect([cluster.namespaces.size, cluster.policies, cluster.pods]).toEqual([0, [], []]);
    expect(change.deleted.map(({ ref }) => refText(ref))).toEqual(['shop/a[NetworkPolicy]']);
  });

  it('given a candidate that mends or deletes what was wrong, when applied, then the old problem is gone', () => {
    const calico = object('projectcalico.org/v3', 'NetworkPolicy', 'x');
    const bad = object('networking.k8s.io/v1', 'NetworkPolicy', 'y', { spec: 7 });
    const before = [shop, calico, bad];
    expect(readManifests([file(...before)]).problems).toHaveLength(2);
    const { cluster } = apply(before, [policy('y')], {
      delete: [{ kind: 'NetworkPolicy', namespace: 'shop', name: 'x' }],
    });
    expect(cluster.problems).toEqual([]);
  });

  it('given a candidate that is no YAML, when applied, then the cluster is as it was, and the problem is told', () => {
    const before = readManifests([file(shop, policy('a'))]);
    const { cluster, change, problems } = applyCandidate(before, [{ source: 'c', text: 'a: [' }]);
    expect(cluster.policies).toEqual(before.policies);
    expect([change.added, change.replaced, change.deleted]).toEqual([[], [], []]);
    expect(problems).toMatchObject([{ code: 'unreadable', source: 'c#1' }]);
    expect(cluster.problems).toEqual(problems);
  });
});
