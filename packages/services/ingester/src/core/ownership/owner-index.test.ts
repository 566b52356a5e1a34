import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readController } from './controller.ts';
import { type OwnedObject, OwnerIndex, workloadOf } from './owner-index.ts';

function item(kind: string, name: string, owner?: OwnedObject, over: Partial<OwnedObject> = {}): OwnedObject {
  const controller = owner && { group: owner.group, kind: owner.kind, name: owner.name, uid: owner.uid };
  return {
    subject: `${kind}/${name}`,
    uid: `uid-${name}`,
    group: 'apps',
    kind,
    namespace: 'shop',
    name,
    controller,
    ...over,
  };
}

const deployment = item('Deployment', 'web');
const replicaSet = item('ReplicaSet', 'web-1', deployment);
const pod = item('Pod', 'web-1-a', replicaSet, { group: '' });

function indexOf(...items: OwnedObject[]): OwnerIndex<OwnedObject> {
  const index = new OwnerIndex<OwnedObject>();
  for (const one of items) index.link(one);
  return index;
}

describe('given an owner index', () => {
  test('when all owners are known, then the chain goes to the topmost and the workload is that', () => {
    const chain = indexOf(deployment, replicaSet, pod).chain(pod);
    expect(chain.map((owner) => `${owner.kind} ${owner.resolved}`)).toEqual(['ReplicaSet true', 'Deployment true']);
    expect(workloadOf(pod, chain)).toEqual({ group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' });
  });

  test('when a link is missing, then the chain ends there, unresolved, and the workload is the topmost resolved', () => {
    const chain = indexOf(replicaSet, pod).chain(pod);
    expect(chain.map((owner) => `${owner.kind} ${owner.resolved}`)).toEqual(['ReplicaSet true', 'Deployment false']);
    expect(workloadOf(pod, chain).kind).toBe('ReplicaSet');
  });

  test('when nothing of the chain is known, then the workload is the controller that the pod names', () => {
    const chain = indexOf(pod).chain(pod);
    expect(chain).toMatchObject([{ kind: 'ReplicaSet', resolved: false }]);
    expect(workloadOf(pod, chain).name).toBe('web-1');
  });

  test('when an owner of the same name has another uid, then it is not the owner', () => {
    const impostor = item('ReplicaSet', 'web-1', undefined, { uid: 'another' });
    expect(indexOf(impostor, pod).chain(pod)).toMatchObject([{ resolved: false }]);
  });

  test('when the owner is in another namespace, then the reference counts as absent', () => {
    const elsewhere = item('ReplicaSet', 'web-1', undefined, { namespace: 'bank' });
    expect(indexOf(elsewhere, pod).chain(pod)).toMatchObject([{ resolved: false }]);
  });

  test('when the owner is of the cluster, then it may own objects of any namespace', () => {
    const node = item('Node', 'n1', undefined, { group: '', namespace: '' });
    const mirrorPod = item('Pod', 'etcd-n1', node, { group: '' });
    const chain = indexOf(node, mirrorPod).chain(mirrorPod);
    expect(chain).toMatchObject([{ kind: 'Node', resolved: true }]);
    expect(workloadOf(mirrorPod, chain)).toMatchObject({ kind: 'Pod', name: 'etcd-n1' });
  });

  test('when a pod has no controller, then it is its own workload', () => {
    const bare = item('Pod', 'lonely', undefined, { group: '' });
    expect(workloadOf(bare, indexOf(bare).chain(bare))).toMatchObject({ kind: 'Pod', name: 'lonely' });
  });

  test('when owners refer to each other in a circle, then the chain still ends', () => {
    const a = item('A', 'a', item('B', 'b'));
    const b = item('B', 'b', a);
    expect(indexOf(a, b).chain(a).length).toBeLessThanOrEqual(2);
    expect(indexOf(a, b).descendants(a.uid)).toHaveLength(2);
  });

  test('when an owner goes, then its descendants are those whose chains change', () => {
    const index = indexOf(deployment, replicaSet, pod);
    expect(index.descendants(deployment.uid)).toEqual([replicaSet, pod]);
    index.unlink(replicaSet);
    expect(index.descendants(deployment.uid)).toEqual([]);
    expect(index.chain(pod)).toMatchObject([{ resolved: false }]);
  });

  test('then the order in which objects come never matters', () => {
    const all = [deployment, replicaSet, pod];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 3 }), (order) => {
        expect(indexOf(...order).chain(pod)).toEqual(indexOf(...all).chain(pod));
      }),
    );
  });
});

describe('given owner references', () => {
  test('when one is the controller, then it is read with its group, and the others are not', () => {
    const ownerReferences = [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'u1' },
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u2', controller: true },
    ];
    expect(readController({ metadata: { ownerReferences } })).toEqual({
      group: 'apps',
      kind: 'ReplicaSet',
      name: 'r',
      uid: 'u2',
    });
  });

  test('when none is, or it names nothing, then there is no controller', () => {
    expect(readController({ metadata: { ownerReferences: [{ kind: 'X', name: 'x', uid: 'u' }] } })).toBeUndefined();
    expect(readController({ metadata: { ownerReferences: [{ controller: true }] } })).toBeUndefined();
    expect(readController({})).toBeUndefined();
  });
});
