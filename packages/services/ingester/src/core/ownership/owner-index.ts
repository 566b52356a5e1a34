import type { Owner, WorkloadRef } from '@kestrel/proto/events';
import type { Controller } from './controller.ts';

/** Real chains have at most four links (Pod, Job, CronJob, a custom resource above). */
const LINKS_MAX = 16;

/** An object as the index sees it. Its identity is the uid; `subject` is where its record stands. */
export interface OwnedObject {
  readonly subject: string;
  readonly uid: string;
  readonly group: string;
  readonly kind: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  readonly controller: Controller | undefined;
}

/**
 * Who controls whom, by uid. Chains are resolved through the objects themselves; an owner that was not seen (or is not
 * where an owner may be) ends the chain. Bounded by the objects of the mirror.
 */
export class OwnerIndex<T extends OwnedObject> {
  readonly #byUid = new Map<string, T>();
  readonly #children = new Map<string, Set<T>>();

  /** Adds an object, or replaces its former self; `unlink` that one first when uid or controller changed. */
  link(item: T): void {
    this.#byUid.set(item.uid, item);
    if (item.controller === undefined) return;
    const siblings = this.#children.get(item.controller.uid);
    if (siblings === undefined) this.#children.set(item.controller.uid, new Set([item]));
    else siblings.add(item);
  }

  unlink(item: T): void {
    if (this.#byUid.get(item.uid) === item) this.#byUid.delete(item.uid);
    if (item.controller === undefined) return;
    const siblings = this.#children.get(item.controller.uid);
    siblings?.delete(item);
    if (siblings?.size === 0) this.#children.delete(item.controller.uid);
  }

  /** The same controller as its other children name it: one object in memory instead of one a child. */
  shared(controller: Controller): Controller {
    const sibling = this.#children.get(controller.uid)?.values().next().value?.controller;
    return sibling !== undefined && sameController(sibling, controller) ? sibling : controller;
  }

  /** Controllers from the direct one to the topmost; only the last can be unresolved. */
  chain(item: OwnedObject): Owner[] {
    const owners: Owner[] = [];
    const seen = new Set([item.uid]);
    let child: OwnedObject = item;
    while (child.controller !== undefined && owners.length < LINKS_MAX && !seen.has(child.controller.uid)) {
      const { group, kind, name, uid } = child.controller;
      const owner = this.#resolve(child);
      owners.push({ group, kind, name, uid, resolved: owner !== undefined });
      if (owner === undefined) break;
      seen.add(uid);
      child = owner;
    }
    return owners;
  }

  /** All objects below this uid, nearest first: whose chains change when it comes or goes. */
  descendants(uid: string): T[] {
    const found = new Set<T>();
    const pending = [uid];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      for (const child of this.#children.get(next) ?? []) {
        if (found.has(child)) continue;
        found.add(child);
        pending.push(child.uid);
      }
    }
    return [...found];
  }

  /** An owner is in the namespace of what it owns, or in none; a reference to elsewhere counts as absent. */
  #resolve(child: OwnedObject): T | undefined {
    const owner = child.controller === undefined ? undefined : this.#byUid.get(child.controller.uid);
    return owner?.namespace === '' || owner?.namespace === child.namespace ? owner : undefined;
  }
}

function sameController(a: Controller, b: Controller): boolean {
  return a.uid === b.uid && a.name === b.name && a.kind === b.kind && a.group === b.group;
}

/**
 * The workload of a pod: its topmost resolved controller, else the one it names, else the pod itself. A static pod's
 * mirror is controlled by its Node, which is no workload: it counts as itself.
 */
export function workloadOf(pod: OwnedObject, owners: readonly Owner[]): WorkloadRef {
  const controllers = owners.filter((owner) => !(owner.group === '' && owner.kind === 'Node'));
  const top = controllers.findLast((owner) => owner.resolved) ?? controllers[0];
  if (top === undefined) return { group: pod.group, kind: pod.kind, namespace: pod.namespace, name: pod.name };
  return { group: top.group, kind: top.kind, namespace: pod.namespace, name: top.name };
}
