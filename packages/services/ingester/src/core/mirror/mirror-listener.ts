import type { Finding, LossReason, ObjectRef, ResourceDeleted_Reason } from '@kestrel/proto/events';
import type { Kind } from '../../kinds/kind.ts';
import type { Entry } from './entry.ts';

/** An object that exists but has no record. */
export interface Loss {
  readonly reason: LossReason;
  readonly object: ObjectRef;
  /** What is wrong; never content of the object. */
  readonly detail: string;
}

/** An object that is gone. */
export interface Gone {
  readonly kind: Kind;
  readonly subject: string;
  /** As last known. */
  readonly ref: ObjectRef;
  readonly reason: ResourceDeleted_Reason;
}

/** Who follows the mirror. Called synchronously, after the mirror has changed; must not throw. */
export interface MirrorListener {
  /** A record is new or reads otherwise than before. */
  changed(entry: Entry): void;
  /** The object is gone, and the mirror has no other under its subject. */
  removed(gone: Gone): void;
  /** The kind's objects are known in full (again), or are known not to exist: see KindState.phase. */
  settled(kind: Kind): void;
  lost(loss: Loss): void;
  found(finding: Finding): void;
}
