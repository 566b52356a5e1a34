import type { Kind } from '../../kinds/kind.ts';
import type { Controller } from '../ownership/controller.ts';
import type { OwnedObject } from '../ownership/owner-index.ts';
import type { SelectedPod } from '../selection/selected-pod.ts';

const NO_BYTES = Buffer.alloc(0);

/** One object of the mirror. Kept small: a large cluster has 100,000 of them. */
export class Entry implements OwnedObject {
  readonly type: Kind;
  readonly subject: string;
  readonly namespace: string;
  readonly name: string;
  uid: string;
  controller: Controller | undefined = undefined;
  /** The record, encoded; see EncodedRecord. */
  bytes: Buffer = NO_BYTES;
  digest = '';
  /** Pods within the reach of policies: the pod in the selection index. */
  pod: SelectedPod | undefined = undefined;
  /** The sync of its kind in which it was last seen. */
  seenInSync = 0;

  constructor(type: Kind, o: { subject: string; namespace: string; name: string; uid: string }) {
    this.type = type;
    this.subject = o.subject;
    this.namespace = o.namespace;
    this.name = o.name;
    this.uid = o.uid;
  }

  get group(): string {
    return this.type.group;
  }

  get kind(): string {
    return this.type.kind;
  }
}
