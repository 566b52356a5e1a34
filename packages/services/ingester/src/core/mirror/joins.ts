import { decodeRecord } from '../record.ts';
import type { PodSpec, PolicySpec, Resource } from '@kestrel/proto/events';
import type { Normalized } from '../normalize/normalize.ts';
import type { Controller } from '../ownership/controller.ts';
import { OwnerIndex, workloadOf } from '../ownership/owner-index.ts';
import { SelectionIndex } from '../selection/selection-index.ts';
import { readSelection } from '../selection/selection-reader.ts';
import type { Entry } from './entry.ts';

/** Phases in which a pod has no network any more, so no policy reaches it. */
const TERMINATED = new Set(['Succeeded', 'Failed']);

export interface JoinsOptions {
  /** Workloads listed per policy. */
  readonly workloadsMax: number;
  /** Called for an entry whose record may read otherwise now, because another object changed. */
  readonly onStale: (entry: Entry) => void;
}

/** What records hold of other objects: owners, workloads, selections. */
export class Joins {
  readonly #owners = new OwnerIndex<Entry>();
  readonly #policies = new Map<string, Entry>();
  readonly #selection: SelectionIndex;
  readonly #onStale: (entry: Entry) => void;

  constructor(o: JoinsOptions) {
    this.#onStale = o.onStale;
    this.#selection = new SelectionIndex({
      workloadsMax: o.workloadsMax,
      onChanged: (subject) => {
        const entry = this.#policies.get(subject);
        if (entry !== undefined) this.#onStale(entry);
      },
    });
  }

  /** Takes the present state of an object in, and completes its record. */
  attach(entry: Entry, record: Normalized, controller: Controller | undefined): void {
    this.#link(entry, record.ref.uid, controller);
    const { spec } = record;
    switch (spec.$case) {
      case 'namespace':
        this.#selection.setNamespace(entry.name, record.labels);
        break;
      case 'service':
        this.#selection.setService(entry.namespace, entry.name, spec.value.selector);
        break;
      case 'policy':
        this.#setPolicy(entry, spec.value);
        break;
      default: // other kinds say nothing about the records of others beyond being their owner
    }
    this.complete(entry, record);
  }

  /** Counts for policies what waits for it, in steps between which others may run. Makes policies stale. */
  catchUp(): Iterable<void> {
    return this.#selection.catchUp();
  }

  /** Writes into the record what the joins say at this moment. */
  complete(entry: Entry, record: Resource): void {
    record.owners = this.#owners.chain(entry);
    if (record.spec?.$case === 'pod') this.#completePod(entry, record, record.spec.value);
    if (record.spec?.$case === 'policy') this.#completePolicy(entry, record.spec.value);
  }

  /** Forgets an object that is gone. */
  detach(entry: Entry): void {
    this.#owners.unlink(entry);
    this.#descendantsAreStale(entry.uid);
    entry.pod = this.#selection.replacePod(entry.pod, undefined);
    const { spec } = decodeRecord(entry.bytes);
    switch (spec?.$case) {
      case 'namespace':
        this.#selection.setNamespace(entry.name, undefined);
        break;
      case 'service':
        this.#selection.setService(entry.namespace, entry.name, undefined);
        break;
      case 'policy':
        this.#selection.setPolicy(entry.subject, undefined);
        this.#policies.delete(entry.subject);
        break;
      default:
    }
  }

  /** Objects of this kind can't be read now, or can again (undefined). Only Pods and Namespaces decide over selections. */
  setBlind(kindId: string, reason: string | undefined): void {
    if (kindId !== 'Pod' && kindId !== 'Namespace') return;
    this.#selection.setBlind(kindId, reason === undefined ? undefined : `${kindId}s are not readable: ${reason}`);
  }

  #link(entry: Entry, uid: string, controller: Controller | undefined): void {
    const isNew = entry.digest === '';
    if (!isNew && entry.uid === uid && entry.controller?.uid === controller?.uid) return;
    if (!isNew) {
      this.#owners.unlink(entry);
      this.#descendantsAreStale(entry.uid);
    }
    entry.uid = uid;
    entry.controller = controller === undefined ? undefined : this.#owners.shared(controller);
    this.#owners.link(entry);
    this.#descendantsAreStale(uid);
  }

  #descendantsAreStale(uid: string): void {
    for (const descendant of this.#owners.descendants(uid)) this.#onStale(descendant);
  }

  #setPolicy(entry: Entry, policy: PolicySpec): void {
    const reader = entry.type.selection;
    if (reader === undefined) throw new Error(`${entry.type.id} is a policy without a selection reader`);
    this.#policies.set(entry.subject, entry);
    this.#selection.setPolicy(entry.subject, readSelection(reader, { namespace: entry.namespace, policy }));
  }

  #completePod(entry: Entry, record: Resource, pod: PodSpec): void {
    const workload = workloadOf(entry, record.owners);
    pod.workload = workload;
    const outOfReach = pod.hostNetwork || TERMINATED.has(pod.phase);
    const description = {
      namespace: entry.namespace,
      labels: record.labels,
      serviceAccount: pod.serviceAccount,
      workload,
    };
    entry.pod = this.#selection.replacePod(entry.pod, outOfReach ? undefined : description);
  }

  #completePolicy(entry: Entry, policy: PolicySpec): void {
    const selected = this.#selection.read(entry.subject);
    if (selected === undefined) throw new Error(`${entry.subject} is not in the selection index`);
    policy.selectedWorkloads = selected.workloads;
    policy.selectedPods = selected.pods;
    policy.selectionTruncated = selected.truncated;
    policy.selectionUnknown = selected.unknown;
  }
}
